import Tensors
import Testing

@Suite struct LowRankChangeTests {
  /// `m`, `n`, `k`, `r`: odd tails, one row, several tasks, more rows than are packed at once, a rank beyond a panel.
  private static let shapes = [
    [1, 33, 70, 4], [3, 17, 8, 1], [14, 32, 256, 16], [15, 45, 512, 7], [29, 300, 1024, 33],
    [200, 1100, 40, 32], [1700, 9, 48, 70], [3500, 40, 24, 3],
  ]

  private struct Layer {
    var x: Tensor
    let weight, down, up, bias: Tensor

    init(_ shape: [Int]) {
      x = Naive.tensor([shape[0], shape[2]], seed: 1)
      weight = Naive.tensor([shape[1], shape[2]], seed: 2)
      down = Naive.tensor([shape[3], shape[2]], seed: 3)
      up = Naive.tensor([shape[1], shape[3]], seed: 4)
      bias = Naive.tensor([shape[1]], seed: 5)
    }

    func stored(_ precision: Precision, on device: Device) -> WeightTensor {
      let weight = WeightTensor(weight)
      return precision == .int8 ? device.quantize(weight) : weight.computed(in: precision)
    }

    func change(scale: Float) -> LowRankChange {
      LowRankChange(down: WeightTensor(down), up: WeightTensor(up), scale: scale)
    }
  }

  @Test(arguments: InstalledProducts.all, shapes)
  func `in float32 it gives the bytes of three products`(provider: ProductProvider, shape: [Int]) {
    let device = Device.multiplying(by: provider)
    let layer = Layer(shape)
    let before = Naive.tensor([shape[0] + 2, shape[1] + 5], seed: 6)
    for accumulate in [false, true] {
      var result = before
      device.linear(
        layer.x, WeightTensor(layer.weight), bias: layer.bias, accumulate: accumulate,
        change: layer.change(scale: 0.7), into: &result, row: 1, column: 3)
      var expected = before
      device.linear(
        layer.x, WeightTensor(layer.weight), bias: layer.bias, accumulate: accumulate,
        into: &expected, row: 1, column: 3)
      device.linear(
        device.linear(layer.x, WeightTensor(layer.down)), WeightTensor(layer.up), scale: 0.7,
        accumulate: true, into: &expected, row: 1, column: 3)
      #expect(result == expected)
    }
  }

  @Test(arguments: InstalledProducts.all, [Precision.bfloat16, .int8])
  func `in other precisions it is added as closely as bfloat16 has it`(
    provider: ProductProvider, precision: Precision
  ) {
    let device = Device.multiplying(by: provider)
    for shape in Self.shapes {
      let layer = Layer(shape)
      let weight = layer.stored(precision, on: device)
      let before = Naive.tensor([shape[0], shape[1]], seed: 6)
      var result = before
      var without = before
      device.linear(
        layer.x, weight, bias: layer.bias, scale: 0.5, accumulate: true,
        change: layer.change(scale: -2), into: &result)
      device.linear(layer.x, weight, bias: layer.bias, scale: 0.5, accumulate: true, into: &without)
      let product = Naive.linear(
        Naive.linear(layer.x, layer.down, bias: nil), layer.up, bias: nil)
      let size = (product.elements.reduce(0) { $0 + $1 * $1 } / Float(product.elements.count))
        .squareRoot()
      let worst =
        zip(zip(result.elements, without.elements), product.elements)
        .map { abs($0.0 - $0.1 + 2 * $1) }.max() ?? 0
      #expect(worst < 0.06 * size, "\(shape)")
    }
  }

  @Test func `outlier columns of the input count in it, too`() {
    let device = Device(threadCount: 2)
    var layer = Layer([64, 96, 1024, 8])
    for row in 0..<64 { layer.x.elements[row * 1024 + 5] *= 1000 }
    let quantized = device.quantize(WeightTensor(layer.weight))
    var result = Tensor(zeros: [64, 96])
    device.linear(layer.x, quantized, change: layer.change(scale: 1), into: &result)
    let exact = zip(
      Naive.linear(layer.x, layer.weight, bias: nil).elements,
      Naive.linear(Naive.linear(layer.x, layer.down, bias: nil), layer.up, bias: nil).elements
    ).map(+)
    let error = zip(result.elements, exact).reduce(0) { $0 + ($1.0 - $1.1) * ($1.0 - $1.1) }
    let size = exact.reduce(0) { $0 + $1 * $1 }
    #expect((error / size).squareRoot() < 0.01)
  }

  @Test(arguments: InstalledProducts.all, Precision.allCases)
  func `the number of threads changes no byte`(provider: ProductProvider, precision: Precision) {
    let layer = Layer([450, 1500, 320, 32])
    func product(threads: Int) -> Tensor {
      let device = Device.multiplying(by: provider, threads: threads)
      var result = Tensor(zeros: [450, 1500])
      device.linear(
        layer.x, layer.stored(precision, on: device), change: layer.change(scale: 1), into: &result)
      return result
    }
    let one = product(threads: 1)
    #expect(product(threads: 2) == one)
    #expect(product(threads: 3) == one)
  }
}
