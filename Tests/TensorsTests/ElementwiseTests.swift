import Tensors
import Testing

@Suite struct ElementwiseTests {
  let device = Device(threadCount: 2)

  @Test(arguments: [1, 5, 16, 37])
  func `the gate half of a gated unit comes first`(features: Int) {
    let x = Naive.tensor([35, 2 * features], seed: 1)
    let result = device.gatedSiLU(x)
    var expected = Tensor(zeros: [35, features])
    for index in 0..<35 * features {
      let (row, column) = (index / features, index % features)
      let gate = Double(x.elements[row * 2 * features + column]) * 1
      let up = Double(x.elements[row * 2 * features + features + column])
      expected.elements[index] = Float(gate / (1 + Double.exponential(-gate)) * up)
    }
    let found = worst(result, expected)
    #expect(found.difference < 1e-6, "element \(found.index)")
  }

  @Test func `silu holds at both ends of the range`() {
    let result = device.silu(Tensor(shape: [5], elements: [-1000, -20, 0, 20, 1000]))
    #expect(abs(result.elements[0]) < 1e-30)
    #expect(abs(result.elements[1] - -4.122307e-8) < 1e-13)
    #expect(result.elements[2] == 0)
    #expect(abs(result.elements[3] - 20) < 1e-5)
    #expect(result.elements[4] == 1000)
  }

  @Test func `a branch is gated by feature and added from a row on`() {
    var x = Tensor(shape: [3, 2], elements: [1, 2, 3, 4, 5, 6])
    let y = Tensor(shape: [2, 2], elements: [10, 20, 30, 40])
    device.add(y, gate: Tensor(shape: [2], elements: [1, 0.5]), to: &x, row: 1)
    #expect(x.elements == [1, 2, 13, 14, 35, 26])
    device.add(y, to: &x)
    #expect(x.elements == [11, 22, 43, 54, 35, 26])
  }
}
