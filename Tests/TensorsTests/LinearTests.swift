import Tensors
import Testing

@Suite struct LinearTests {
  @Test(
    arguments: InstalledProducts.all,
    [
      [1, 1, 1], [1, 33, 70], [3, 17, 5], [4, 16, 16], [5, 31, 129], [13, 64, 33], [15, 40, 700],
      [61, 45, 513], [29, 300, 1030], [200, 1100, 40],
    ])
  func `a projection equals the plain loop, odd tails included`(
    provider: ProductProvider, shape: [Int]
  ) {
    let device = Device.multiplying(by: provider)
    let x = Naive.tensor([shape[0], shape[2]], seed: 1)
    let weight = Naive.tensor([shape[1], shape[2]], seed: 2)
    let bias = Naive.tensor([shape[1]], seed: 3)
    let result = device.linear(x, WeightTensor(weight), bias: bias)
    let found = worst(result, Naive.linear(x, weight, bias: bias))
    #expect(found.difference < 5e-5, "element \(found.index)")
  }

  @Test(arguments: InstalledProducts.all)
  func `more rows than are packed at once`(provider: ProductProvider) {
    let device = Device.multiplying(by: provider)
    let x = Naive.tensor([3400, 9], seed: 1)
    let weight = Naive.tensor([5, 9], seed: 2)
    let found = worst(
      device.linear(x, WeightTensor(weight)), Naive.linear(x, weight, bias: nil))
    #expect(found.difference < 1e-5, "element \(found.index)")
  }

  @Test(arguments: InstalledProducts.all, [2, 30])
  func `a rectangle of the output is written and nothing beside it`(
    provider: ProductProvider, rows: Int
  ) {
    let device = Device.multiplying(by: provider)
    let x = Naive.tensor([rows, 21], seed: 4)
    let weight = Naive.tensor([19, 21], seed: 5)
    let before = Naive.tensor([rows + 5, 40], seed: 6)
    var result = before
    device.linear(
      x, WeightTensor(weight), scale: 0.5, accumulate: true, into: &result, row: 3, column: 7)
    let product = Naive.linear(x, weight, bias: nil)
    var expected = before
    for row in 0..<rows {
      for column in 0..<19 {
        expected.elements[(row + 3) * 40 + column + 7] += 0.5 * product.elements[row * 19 + column]
      }
    }
    let found = worst(result, expected)
    #expect(found.difference < 1e-5, "element \(found.index)")
  }

  @Test(arguments: InstalledProducts.all)
  func `a view of a fused tensor is read as if it were a tensor of its own`(
    provider: ProductProvider
  ) {
    let device = Device.multiplying(by: provider)
    let fused = Naive.tensor([37, 50], seed: 7)
    let weight = WeightTensor(Naive.tensor([6, 20], seed: 8))
    let view = fused[rows: 4..<30, columns: 11..<31]
    let copied = Tensor(
      shape: [26, 20],
      elements: (4..<30).flatMap { fused.elements[$0 * 50 + 11..<$0 * 50 + 31] })
    #expect(device.linear(view, weight) == device.linear(copied, weight))
  }

  @Test(arguments: InstalledProducts.all, [1, 40])
  func `bfloat16 and float16 weights give the product of their widened values`(
    provider: ProductProvider, rows: Int
  ) {
    let device = Device.multiplying(by: provider)
    let bits: [UInt16] = (0..<23 * 37).map { UInt16(truncatingIfNeeded: 0x3C00 &+ $0 &* 7) }
    let x = Naive.tensor([rows, 37], seed: 9)
    let brain = bits.map { Float(bitPattern: UInt32($0 & 0x3FFF) << 16) }
    let half = bits.map { Float(Float16(bitPattern: $0 & 0x3FFF)) }
    for (type, values) in [(DType.bfloat16, brain), (.float16, half)] {
      let stored = PackedBits(bits.map { $0 & 0x3FFF }).tensor([23, 37], type)
      #expect(stored.widened().elements == values)
      let expected = Naive.linear(x, Tensor(shape: [23, 37], elements: values), bias: nil)
      let found = worst(device.linear(x, stored), expected)
      #expect(found.difference < 1e-4, "\(type) element \(found.index)")
    }
  }

  @Test(arguments: InstalledProducts.all)
  func `a weight's rows are a weight of their own`(provider: ProductProvider) {
    let device = Device.multiplying(by: provider)
    let weight = Naive.tensor([30, 12], seed: 10)
    let x = Naive.tensor([5, 12], seed: 11)
    let part = Tensor(shape: [9, 12], elements: Array(weight.elements[8 * 12..<17 * 12]))
    #expect(
      device.linear(x, WeightTensor(weight).rows(8..<17)) == device.linear(x, WeightTensor(part)))
  }
}

/// 16-bit elements in memory of their own.
final class PackedBits: Sendable {
  private let address: UInt

  init(_ bits: [UInt16]) {
    let buffer = UnsafeMutableBufferPointer<UInt16>.allocate(capacity: bits.count)
    _ = unsafe buffer.initialize(from: bits)
    address = UInt(bitPattern: buffer.baseAddress)
  }

  deinit {
    unsafe UnsafeMutablePointer<UInt16>(bitPattern: address)?.deallocate()
  }

  func tensor(_ shape: [Int], _ type: DType) -> WeightTensor {
    WeightTensor(shape: shape, dtype: type, address: address, owner: self)
  }
}
