import Tensors
import Testing

@Suite struct AttentionTests {
  let device = Device(threadCount: 2)

  struct Case: Sendable, CustomTestStringConvertible {
    var queries: Int
    var keys: Int
    var heads: HeadLayout
    var mask = AttentionMask()
    var testDescription: String { "\(queries)x\(keys), \(heads.count) heads of \(heads.headDim)" }
  }

  static let cases = [
    Case(queries: 1, keys: 1, heads: HeadLayout(count: 1, headDim: 1)),
    Case(queries: 7, keys: 5, heads: HeadLayout(count: 2, headDim: 8)),
    Case(queries: 61, keys: 300, heads: HeadLayout(count: 3, headDim: 20)),
    Case(queries: 130, keys: 517, heads: HeadLayout(count: 1, headDim: 65)),
    Case(queries: 40, keys: 40, heads: HeadLayout(count: 4, keyValueCount: 2, headDim: 24)),
    Case(
      queries: 70, keys: 70, heads: HeadLayout(count: 4, keyValueCount: 2, headDim: 16),
      mask: AttentionMask(keyCount: 23, isCausal: true)),
    Case(
      queries: 300, keys: 300, heads: HeadLayout(count: 2, keyValueCount: 1, headDim: 16),
      mask: AttentionMask(isCausal: true)),
  ]

  @Test(arguments: cases)
  func `block-wise attention equals the whole softmax`(_ test: Case) {
    let q = Naive.tensor([test.queries, test.heads.count * test.heads.headDim], seed: 1)
    let k = Naive.tensor([test.keys, test.heads.keyValueCount * test.heads.headDim], seed: 2)
    let v = Naive.tensor([test.keys, test.heads.keyValueCount * test.heads.headDim], seed: 3)
    let result = device.attention(q, k, v, heads: test.heads, mask: test.mask)
    let expected = Naive.attention(q, k, v, heads: test.heads, mask: test.mask)
    let found = worst(result, expected)
    #expect(found.difference < 3e-6, "element \(found.index)")
  }

  @Test(arguments: cases)
  func `attention in bfloat16 differs by the rounding of its operands`(_ test: Case) {
    let q = Naive.tensor([test.queries, test.heads.count * test.heads.headDim], seed: 1)
    let k = Naive.tensor([test.keys, test.heads.keyValueCount * test.heads.headDim], seed: 2)
    let v = Naive.tensor([test.keys, test.heads.keyValueCount * test.heads.headDim], seed: 3)
    func attention(threads: Int) -> Tensor {
      Device(threadCount: threads).attention(
        q, k, v, heads: test.heads, mask: test.mask, precision: .bfloat16)
    }
    let result = attention(threads: 2)
    let exact = Naive.attention(q, k, v, heads: test.heads, mask: test.mask)
    let found = worst(result, exact)
    #expect(found.difference < 8e-3, "element \(found.index)")
    #expect(attention(threads: 1) == result)
    #expect(attention(threads: 3) == result)
  }

  @Test func `scores far apart neither overflow nor vanish`() {
    let heads = HeadLayout(count: 1, headDim: 4)
    let q = Tensor(shape: [2, 4], elements: [400, 0, 0, 0, -400, 0, 0, 0])
    let k = Tensor(shape: [3, 4], elements: [1, 0, 0, 0, 0, 0, 0, 0, -1, 0, 0, 0])
    let v = Tensor(shape: [3, 4], elements: (0..<12).map(Float.init))
    let result = device.attention(q, k, v, heads: heads)
    #expect(result.elements == [0, 1, 2, 3, 8, 9, 10, 11])
    #expect(
      device.attention(q, k, v, heads: heads, precision: .bfloat16).elements == result.elements)
  }

  @Test func `attention written into columns of a wider tensor leaves the rest alone`() {
    let heads = HeadLayout(count: 2, headDim: 8)
    let x = Naive.tensor([20, 48], seed: 4)
    var y = Naive.tensor([20, 30], seed: 5)
    let before = y
    device.attention(
      x[columns: 0..<16], x[columns: 16..<32], x[columns: 32..<48], heads: heads, into: &y,
      column: 9)
    let alone = device.attention(
      x[columns: 0..<16], x[columns: 16..<32], x[columns: 32..<48], heads: heads)
    for row in 0..<20 {
      #expect(y.elements[row * 30 + 9..<row * 30 + 25] == alone.elements[row * 16..<row * 16 + 16])
      #expect(y.elements[row * 30..<row * 30 + 9] == before.elements[row * 30..<row * 30 + 9])
      #expect(
        y.elements[row * 30 + 25..<row * 30 + 30] == before.elements[row * 30 + 25..<row * 30 + 30])
    }
  }
}
