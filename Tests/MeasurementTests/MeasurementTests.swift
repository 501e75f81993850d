import Flux2
import Measurement
import Tensors
import Testing

@Suite struct MeasurementTests {
  /// The counts of a render of 256x256 by klein-4B, by hand: 27 layers of 100.9 million weights over 512
  /// tokens, and 25 blocks over 768, five of them with two sets of weights of which each token uses one.
  @Test func `the work of klein-4B is counted as by hand`() throws {
    let shape = ModelShape.klein4B
    let work = ModelWork(
      shape.textEncoder, layerCount: 27, try shape.transformer, promptLength: 512,
      imageTokens: 256)
    let weights = 2560 * (2 * 4096 + 2 * 1024) + 3 * 2560 * 9728
    let layer = Double(2 * 512 * weights)
    #expect(work.textLayer == layer + Double(4 * 512 * 512 * 4096))
    #expect(work.textEncoder == 27 * work.textLayer)
    let block = Double(2 * 768 * 122_683_392 + 4 * 768 * 768 * 3072)
    #expect(work.singleBlock == block && work.doubleBlock == block)
    #expect(work.step == 25 * block)
    #expect(work.products.contains { ($0.m, $0.n, $0.k) == (768, 27_648, 3072) })
    #expect(!work.products.contains { $0.name == "text value" }, "it has the shape of the key")
  }

  @Test func `a measured render has a sample of every part that ran`() throws {
    let pipeline = try Pipeline(fabricated: .tiny, device: Device(threadCount: 2))
    let request = PipelineRequest(prompt: "a fox", width: 64, height: 64, seed: 1, stepCount: 3)
    var finished: [Int] = []
    let renders = try RenderMeasurement(pipeline, request, runs: 2) { finished.append($0) }
    #expect(finished == [1, 2])
    let counts = RenderMeasurement.Part.allCases.map { renders.samples($0)?.count }
    // Layers and blocks for each step; the first double block and the last single one are left out.
    #expect(counts == [2 * 4, 2 * 3 * 1, 2 * 3 * 3, 2, 2 * 3, 2, 2])
    // Each render takes longer than its own three steps, and so than three times the shortest of all.
    let (step, whole) = (renders.samples(.step)?.best, renders.samples(.whole)?.best)
    #expect((step ?? 0) > 0 && (step ?? 0) * 3 < (whole ?? 0))
  }

  @Test(arguments: Precision.allCases)
  func `a product is measured in every precision`(precision: Precision) {
    let product = LinearProduct(name: "any", m: 8, n: 32, k: 64)
    #expect(product.operations == 2 * 8 * 32 * 64)
    let samples = product.measure(on: Device(threadCount: 1), precision: precision)
    #expect(samples.best > 0 && samples.best <= samples.median)
    #expect(samples.median <= samples.percentile95)
  }

  @Test func `registers multiply at least as many numbers as they were asked for`() {
    let device = Device(threadCount: 2)
    #expect(device.multiplyInRegisters(rounds: 1000) >= 2 * 2 * 1000)
  }
}
