import Tensors
import Testing

@Suite struct PrecisionTests {
  /// `m`, `n`, `k`: odd tails, one tile, several tasks, more rows than are packed at once.
  private static let shapes = [
    [1, 1, 1], [1, 33, 70], [3, 17, 5], [4, 16, 16], [5, 31, 129], [14, 32, 256], [15, 40, 700],
    [61, 45, 513], [29, 300, 1024], [200, 1100, 40], [1700, 9, 48],
  ]

  @Test(arguments: InstalledProducts.all, shapes)
  func `a bfloat16 product equals the plain loop over rounded values`(
    provider: ProductProvider, shape: [Int]
  ) {
    let device = Device.multiplying(by: provider)
    let x = Naive.tensor([shape[0], shape[2]], seed: 1)
    let weight = Naive.tensor([shape[1], shape[2]], seed: 2)
    let bias = Naive.tensor([shape[1]], seed: 3)
    let result = device.linear(x, WeightTensor(weight).computed(in: .bfloat16), bias: bias)
    // Fewer than four rows are multiplied as they are, by the rounded weights' unrounded originals.
    let expected =
      shape[0] < 4
      ? Naive.linear(x, weight, bias: bias)
      : Naive.linear(rounded(x), rounded(weight), bias: bias)
    let found = worst(result, expected)
    #expect(found.difference < 5e-5, "element \(found.index)")
  }

  @Test(
    arguments: InstalledProducts.all,
    [0x3F80_8000, 0x3F81_8000, 0xFF80_0000, 0x7FC0_0001, 0x0000_8001] as [UInt32])
  func `rounding to bfloat16 is to the nearest, ties to even, and keeps infinities and NaN`(
    provider: ProductProvider, bits: UInt32
  ) {
    let device = Device.multiplying(by: provider)
    let x = Tensor(shape: [4, 1], elements: Array(repeating: Float(bitPattern: bits), count: 4))
    let one = WeightTensor(Tensor(shape: [1, 1], elements: [1])).computed(in: .bfloat16)
    let result = device.linear(x, one).elements[0]
    let expected = rounded(x).elements[0]
    // Instructions may take subnormal numbers as zero.
    #expect(
      result == expected || (result.isNaN && expected.isNaN)
        || (expected.isSubnormal && result == 0))
  }

  @Test(arguments: InstalledProducts.all, shapes)
  func `an int8 product is within the rounding of 127 units of the exact one`(
    provider: ProductProvider, shape: [Int]
  ) {
    let device = Device.multiplying(by: provider)
    let x = Naive.tensor([shape[0], shape[2]], seed: 1)
    let weight = Naive.tensor([shape[1], shape[2]], seed: 2)
    let bias = Naive.tensor([shape[1]], seed: 3)
    let result = device.linear(x, device.quantize(WeightTensor(weight)), bias: bias)
    let exact = Naive.linear(x, weight, bias: bias)
    // Each factor is off by at most half a unit, relative to the largest of its rotated row.
    let bound = 0.012 * Float(shape[2]).squareRoot() * 4
    let found = worst(result, exact)
    #expect(found.difference < bound, "element \(found.index)")
  }

  @Test(arguments: InstalledProducts.all, [Precision.bfloat16, .int8])
  func `a rectangle of the output is written and nothing beside it`(
    provider: ProductProvider, precision: Precision
  ) {
    let device = Device.multiplying(by: provider)
    let x = Naive.tensor([30, 64], seed: 4)
    let weight = stored(Naive.tensor([19, 64], seed: 5), precision)
    let before = Naive.tensor([35, 40], seed: 6)
    var result = before
    device.linear(x, weight, scale: 0.5, accumulate: true, into: &result, row: 3, column: 7)
    let product = device.linear(x, weight)
    var expected = before
    for row in 0..<30 {
      for column in 0..<19 {
        expected.elements[(row + 3) * 40 + column + 7] += 0.5 * product.elements[row * 19 + column]
      }
    }
    let found = worst(result, expected)
    #expect(found.difference < 1e-5, "element \(found.index)")
  }

  @Test(arguments: InstalledProducts.all, [Precision.bfloat16, .int8])
  func `rows of a weight give the columns of its product`(
    provider: ProductProvider, precision: Precision
  ) {
    let device = Device.multiplying(by: provider)
    let x = Naive.tensor([20, 96], seed: 7)
    let weight = stored(Naive.tensor([50, 96], seed: 8), precision)
    let whole = device.linear(x, weight)
    let part = device.linear(x, weight.rows(11..<40))
    for row in 0..<20 {
      #expect(
        part.elements[row * 29..<(row + 1) * 29] == whole.elements[row * 50 + 11..<row * 50 + 40])
    }
  }

  @Test(arguments: InstalledProducts.all, Precision.allCases)
  func `the number of threads changes no byte`(provider: ProductProvider, precision: Precision) {
    let x = Naive.tensor([450, 320], seed: 9)
    let weight = WeightTensor(Naive.tensor([1500, 320], seed: 10))
    func product(threads: Int) -> Tensor {
      let device = Device.multiplying(by: provider, threads: threads)
      return device.linear(
        x, precision == .int8 ? device.quantize(weight) : weight.computed(in: precision))
    }
    let one = product(threads: 1)
    #expect(product(threads: 2) == one)
    #expect(product(threads: 3) == one)
  }

  /// Channels that are larger than the others, whose weights are as large as any (`dividing` false) or smaller by
  /// as much, so that they matter as much as any.
  @Test(arguments: [10, 30, 100, 1000] as [Float], [false, true])
  func `outliers cost an int8 product no precision`(factor: Float, dividing: Bool) {
    let device = Device(threadCount: 2)
    var x = Naive.tensor([64, 1024], seed: 11)
    var weight = Naive.tensor([96, 1024], seed: 12)
    for channel in [5, 300, 301] {
      for row in 0..<64 { x.elements[row * 1024 + channel] *= factor }
      guard dividing else { continue }
      for row in 0..<96 { weight.elements[row * 1024 + channel] /= factor }
    }
    let exact = Naive.linear(x, weight, bias: nil)
    func error(rotates: Bool = true, equalizes: Bool = true, keepsOutliers: Bool = true) -> Float {
      let quantized = device.quantize(
        WeightTensor(weight), rotates: rotates, equalizes: equalizes,
        keepsOutliers: keepsOutliers)
      return relativeError(device.linear(x, quantized), exact)
    }
    #expect(error() < 0.015)
    // Larger channels are left to float32, so that each measure shows its effect only where they are not.
    let without =
      dividing
      ? error(equalizes: false, keepsOutliers: false) : error(rotates: false, keepsOutliers: false)
    #expect(without > (factor > 10 ? 1.4 : 1.1) * error())
  }

  /// The contribution of the others, once the same large channel of all tokens is taken away as a norm does it.
  @Test(arguments: [30, 100, 1000] as [Float])
  func `what is left beside an outlier keeps its precision in int8`(factor: Float) {
    let device = Device(threadCount: 2)
    let plain = Naive.tensor([64, 1024], seed: 21)
    let weight = Naive.tensor([96, 1024], seed: 22)
    var x = plain
    var constant = Tensor(zeros: [64, 1024])
    for row in 0..<64 {
      x.elements[row * 1024 + 7] = factor
      constant.elements[row * 1024 + 7] = factor - plain.elements[row * 1024 + 7]
    }
    let exact = Naive.linear(plain, weight, bias: nil)
    func error(keepsOutliers: Bool) -> Float {
      let quantized = device.quantize(WeightTensor(weight), keepsOutliers: keepsOutliers)
      var result = device.linear(x, quantized)
      let removed = Naive.linear(constant, weight, bias: nil)
      for index in result.elements.indices { result.elements[index] -= removed.elements[index] }
      return relativeError(result, exact)
    }
    #expect(error(keepsOutliers: true) < 0.015)
    #expect(error(keepsOutliers: false) > 1.2 * error(keepsOutliers: true))
  }

  @Test(arguments: [30, 100, 1000] as [Float])
  func `rows that write outliers are exact in int8, also where they are added`(factor: Float) {
    let device = Device(threadCount: 2)
    let x = Naive.tensor([20, 512], seed: 23)
    var weight = Naive.tensor([64, 512], seed: 24)
    for row in [3, 40] {
      for column in 0..<512 { weight.elements[row * 512 + column] *= factor }
    }
    let quantized = device.quantize(WeightTensor(weight))
    var result = Naive.tensor([20, 64], seed: 25)
    let before = result
    device.linear(x, quantized, scale: 0.5, accumulate: true, into: &result)
    let exact = Naive.linear(x, weight, bias: nil)
    for row in 0..<20 {
      for column in [3, 40] {
        let index = row * 64 + column
        let expected = before.elements[index] + 0.5 * exact.elements[index]
        #expect(abs(result.elements[index] - expected) < 1e-4 * factor)
      }
    }
    let part = device.linear(x, quantized.rows(30..<50))
    let whole = device.linear(x, quantized)
    for row in 0..<20 {
      #expect(
        part.elements[row * 20..<(row + 1) * 20] == whole.elements[row * 64 + 30..<row * 64 + 50])
    }
  }

  /// As the weights of trained models that write an outlier from few inputs.
  @Test func `a row of few large weights costs the other rows of an int8 product no precision`() {
    let device = Device(threadCount: 2)
    let x = Naive.tensor([32, 512], seed: 27)
    var weight = Naive.tensor([96, 512], seed: 28)
    for column in 0..<512 { weight.elements[7 * 512 + column] = column < 256 ? 5000 : 0 }
    let exact = Naive.linear(x, weight, bias: nil)
    let result = device.linear(x, device.quantize(WeightTensor(weight)))
    func others(_ tensor: Tensor) -> Tensor {
      Tensor(
        shape: [32, 95],
        elements: tensor.elements.indices.filter { $0 % 96 != 7 }.map { tensor.elements[$0] })
    }
    #expect(relativeError(others(result), others(exact)) < 0.015)
  }

  @Test(arguments: InstalledProducts.all)
  func `a common mean of all channels is no outlier after the rotation`(provider: ProductProvider) {
    let device = Device.multiplying(by: provider)
    var x = Naive.tensor([32, 512], seed: 13)
    for index in x.elements.indices { x.elements[index] += 5 }
    let weight = Naive.tensor([64, 512], seed: 14)
    let result = device.linear(x, device.quantize(WeightTensor(weight)))
    #expect(relativeError(result, Naive.linear(x, weight, bias: nil)) < 0.015)
  }

  @Test(arguments: InstalledProducts.all, [Float.nan, .infinity])
  func `what is not a number stays visible in int8`(provider: ProductProvider, value: Float) {
    let device = Device.multiplying(by: provider)
    var x = Naive.tensor([5, 64], seed: 15)
    x.elements[2 * 64 + 9] = value
    let result = device.linear(x, device.quantize(WeightTensor(Naive.tensor([7, 64], seed: 16))))
    for row in 0..<5 {
      let finite = result.elements[row * 7..<(row + 1) * 7].allSatisfy { $0.isFinite }
      #expect(finite == (row != 2))
    }
  }

  @Test(arguments: InstalledProducts.all)
  func `empty weight columns and rows are zero in int8`(provider: ProductProvider) {
    let device = Device.multiplying(by: provider)
    var weight = Naive.tensor([6, 64], seed: 17)
    for row in 0..<6 { weight.elements[row * 64 + 20] = 0 }
    for column in 0..<64 { weight.elements[3 * 64 + column] = 0 }
    var x = Naive.tensor([8, 64], seed: 18)
    for row in 0..<8 { x.elements[row * 64 + 20] = 1e6 }
    let result = device.linear(x, device.quantize(WeightTensor(weight)))
    #expect(relativeError(result, Naive.linear(x, weight, bias: nil)) < 0.02)
    #expect((0..<8).allSatisfy { result.elements[$0 * 6 + 3] == 0 })
  }

  private func stored(_ weight: Tensor, _ precision: Precision) -> WeightTensor {
    precision == .int8
      ? Device(threadCount: 1).quantize(WeightTensor(weight))
      : WeightTensor(weight).computed(in: precision)
  }

  /// Rounds to bfloat16, ties to even, by the definition.
  private func rounded(_ x: Tensor) -> Tensor {
    Tensor(
      shape: x.shape,
      elements: x.elements.map { value in
        guard value.isFinite else { return value }
        let bits = value.bitPattern
        let rest = bits & 0xFFFF
        let up = rest > 0x8000 || (rest == 0x8000 && bits & 0x1_0000 != 0)
        return Float(bitPattern: (bits & 0xFFFF_0000) &+ (up ? 0x1_0000 : 0))
      })
  }

  /// `‖a − b‖ / ‖b‖`.
  private func relativeError(_ a: Tensor, _ b: Tensor) -> Float {
    var difference: Float = 0
    var size: Float = 0
    for (a, b) in zip(a.elements, b.elements) {
      difference += (a - b) * (a - b)
      size += b * b
    }
    return (difference / size).squareRoot()
  }
}
