import Tensors
import Testing

@Suite struct ConvolutionTests {
  struct Case: Sendable, CustomTestStringConvertible {
    var size: [Int]
    var outputs: Int
    var kernel = 3
    var geometry = ConvolutionGeometry.same
    var testDescription: String { "\(size) to \(outputs), \(geometry)" }

    var image: Tensor { Naive.tensor(size, seed: 1) }
    var weights: ConvolutionKernel {
      ConvolutionKernel(
        weight: WeightTensor(Naive.tensor([outputs, size[2], kernel, kernel], seed: 2)),
        bias: Naive.tensor([outputs], seed: 3), geometry: geometry)
    }
    func expected(_ x: Tensor) -> Tensor {
      Naive.convolution(
        x, weights.weight.widened(), bias: Naive.tensor([outputs], seed: 3), geometry)
    }
  }

  /// Sizes below and above a block of 8x8 tiles, of 4x4 outputs each, and of 8x8 or 16x16 pixels.
  static let filtered = [
    Case(size: [1, 1, 1], outputs: 1),
    Case(size: [5, 7, 3], outputs: 8),
    Case(size: [9, 14, 20], outputs: 37),
    Case(size: [12, 11, 60], outputs: 5),
    Case(size: [37, 66, 24], outputs: 3),
    Case(size: [33, 5, 16], outputs: 49),
    Case(size: [6, 9, 33], outputs: 18, kernel: 1, geometry: .pointwise),
    Case(size: [19, 40, 8], outputs: 50, kernel: 1, geometry: .pointwise),
    Case(size: [4, 5, 12], outputs: 17, geometry: .upsampling),
    Case(size: [1, 1, 3], outputs: 2, geometry: .upsampling),
    Case(size: [11, 17, 24], outputs: 40, geometry: .upsampling),
  ]
  static let patched = [
    Case(size: [8, 6, 10], outputs: 12, geometry: .downsampling),
    Case(size: [7, 5, 16], outputs: 9, geometry: .downsampling),
    Case(size: [7, 9, 5], outputs: 6, kernel: 5, geometry: ConvolutionGeometry(stride: 2)),
  ]

  @Test(arguments: filtered + patched)
  func `a convolution equals the plain loop, borders included`(_ test: Case) {
    let result = Device(threadCount: 2).convolution(test.image, test.weights)
    expectEqual(result.image, test.expected(test.image))
    expectMoments(result.moments, of: result.image)
  }

  @Test(arguments: filtered)
  func `the image is normalised inside, and zero outside`(_ test: Case) {
    let device = Device(threadCount: 2)
    let norm = normalization(of: test.image, on: device)
    let result = device.convolution(test.image, test.weights, after: norm)
    expectEqual(result.image, test.expected(device.normalized(test.image, by: norm)))
    expectMoments(result.moments, of: result.image)
  }

  @Test(arguments: filtered)
  func `a convolution is added to an image`(_ test: Case) {
    let device = Device(threadCount: 2)
    let convolved = device.convolution(test.image, test.weights).image
    let before = Naive.tensor(convolved.shape, seed: 4)
    var sum = before
    let moments = device.convolution(test.image, test.weights, addingTo: &sum)
    #expect(sum.elements == zip(before.elements, convolved.elements).map { $0 + $1 })
    expectMoments(moments, of: sum)
  }

  @Test(arguments: [1, 63, 64, 65, 130])
  func `a 1x1 convolution in place equals one beside it, whatever the bands`(height: Int) {
    let device = Device(threadCount: 2)
    for outputs in [1, 17, 20] {
      let test = Case(
        size: [height, 9, 20], outputs: outputs, kernel: 1, geometry: .pointwise)
      var x = test.image
      device.applyPointwise(test.weights, to: &x)
      #expect(x == device.convolution(test.image, test.weights).image)
    }
  }

  @Test(arguments: filtered)
  func `levels are clamped, and rounded to the nearest, halves to the even one`(_ test: Case) {
    let device = Device(threadCount: 2)
    let expected = device.convolution(test.image, test.weights).image.elements.map { value in
      UInt8(min(max(((value * 0.5 + 0.5) * 255).rounded(.toNearestOrEven), 0), 255))
    }
    #expect(device.levels(test.image, test.weights) == expected)
  }

  @Test func `halves between two levels go to the even one`() {
    // 0.25 · 255 · 2 gives level 127.5 for 0, 128.5 and so on for steps of 2/255.
    let values: [Float] = [0, -1, 1, -7, 7, .nan]
    let kernel = ConvolutionKernel(
      weight: WeightTensor(Tensor(shape: [1, 1, 1, 1], elements: [1])), bias: nil,
      geometry: .pointwise)
    let x = Tensor(shape: [1, values.count, 1], elements: values)
    #expect(Device(threadCount: 1).levels(x, kernel) == [128, 0, 255, 0, 255, 0])
  }

  @Test(arguments: filtered + patched)
  func `the number of threads never changes a byte`(_ test: Case) {
    let one = Device(threadCount: 1)
    let norm = filterable(test) ? normalization(of: test.image, on: one) : nil
    let alone = one.convolution(test.image, test.weights, after: norm)
    for threads in 2...3 {
      let many = Device(threadCount: threads).convolution(test.image, test.weights, after: norm)
      #expect(many.image == alone.image)
      #expect(many.moments.variances == alone.moments.variances)
    }
  }

  @Test func `moments do not lose the variance beside a large mean`() {
    let x = Tensor(
      shape: [40, 40, 1], elements: Naive.values(1600, seed: 5).map { 4096 + $0.rounded() })
    expectMoments(Device(threadCount: 2).channelMoments(of: x), of: x)
  }

  @Test func `the moments of parts combine to those of the whole`() {
    let x = Tensor(
      shape: [40, 3, 2], elements: Naive.values(240, seed: 8).map { 4096 + $0.rounded() })
    let device = Device(threadCount: 2)
    let parts = [0..<7, 7..<8, 8..<40].map { device.channelMoments(of: x.imageRows($0)) }
    expectMoments(ChannelMoments(combining: parts), of: x)
  }

  @Test func `rows of an image are cut out, replaced and joined`() {
    var x = Naive.tensor([6, 3, 2], seed: 1)
    let top = x.imageRows(0..<2)
    #expect(top.shape == [2, 3, 2] && top.elements == Array(x.elements[..<12]))
    #expect(top.stackedOn(x.imageRows(2..<6)) == x)
    let below = x.imageRows(4..<6)
    x.replaceImageRows(from: 4, by: top)
    #expect(x.imageRows(4..<6) == top && x.imageRows(0..<2) == top && below != top)
  }

  private func filterable(_ test: Case) -> Bool { test.geometry.stride == 1 }

  private func normalization(of x: Tensor, on device: Device) -> ChannelNormalization {
    ChannelNormalization(
      device.channelMoments(of: x), weight: Naive.tensor([x.columns], seed: 6),
      bias: Naive.tensor([x.columns], seed: 7), groups: 1, epsilon: 1e-6, silu: true)
  }

  /// Compares with a bound of 2e-6 of the largest value.
  private func expectEqual(
    _ actual: Tensor, _ expected: Tensor, sourceLocation: SourceLocation = #_sourceLocation
  ) {
    #expect(actual.shape == expected.shape, sourceLocation: sourceLocation)
    let largest = expected.elements.reduce(1) { max($0, abs($1)) }
    let found = worst(actual, expected)
    #expect(
      found.difference < 2e-6 * largest, "element \(found.index)", sourceLocation: sourceLocation)
  }

  private func expectMoments(
    _ moments: ChannelMoments, of x: Tensor, sourceLocation: SourceLocation = #_sourceLocation
  ) {
    for channel in 0..<x.columns {
      let values = stride(from: channel, to: x.elements.count, by: x.columns).map {
        Double(x.elements[$0])
      }
      let mean = values.reduce(0, +) / Double(values.count)
      let variance = values.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / Double(values.count)
      #expect(
        abs(moments.means[channel] - mean) < 1e-6 * max(variance.squareRoot(), abs(mean), 1e-3),
        sourceLocation: sourceLocation)
      #expect(
        abs(moments.variances[channel] - variance) <= 1e-5 * variance + 1e-12,
        sourceLocation: sourceLocation)
    }
  }
}
