import Tensors
import Testing

@Suite struct ConvolutionTests {
  struct Case: Sendable, CustomTestStringConvertible {
    var size: [Int]
    var outputs: Int
    var kernel = 3
    var geometry = ConvolutionGeometry.same
    var testDescription: String { "\(size) to \(outputs), \(geometry)" }
  }

  static let cases = [
    Case(size: [1, 1, 1], outputs: 1),
    Case(size: [5, 7, 3], outputs: 8),
    Case(size: [9, 14, 20], outputs: 37),
    Case(size: [12, 11, 60], outputs: 5),
    Case(size: [6, 9, 33], outputs: 18, kernel: 1, geometry: .pointwise),
    Case(size: [8, 6, 10], outputs: 12, geometry: .downsampling),
    Case(size: [7, 5, 16], outputs: 9, geometry: .downsampling),
    Case(size: [4, 5, 12], outputs: 17, geometry: .upsampling),
  ]

  @Test(arguments: cases)
  func `a convolution equals the plain loop, borders included`(_ test: Case) {
    let device = Device(threadCount: 2)
    let x = Naive.tensor(test.size, seed: 1)
    let weight = Naive.tensor([test.outputs, test.size[2], test.kernel, test.kernel], seed: 2)
    let bias = Naive.tensor([test.outputs], seed: 3)
    let result = device.convolution(x, WeightTensor(weight), bias: bias, test.geometry)
    let expected = Naive.convolution(x, weight, bias: bias, test.geometry)
    #expect(result.shape == expected.shape)
    let found = worst(result, expected)
    #expect(found.difference < 2e-5, "element \(found.index)")
  }
}
