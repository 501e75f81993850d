import Flux2
import Foundation
import Imaging
import Tensors
import TestSupport
import Testing
import Weights

@Suite struct FabricationTests {
  private struct Interruption: Error {}

  /// Writes a tiny model and returns its directory, which lives as long as `folder`.
  private static func write(
    _ folder: TemporaryFolder, seed: UInt64 = 1,
    factors: [Int] = ModelFabricator.defaultOutlierFactors, threads: Int = 2
  ) throws -> String {
    let directory = folder.path("model-\(seed)-\(threads)-\(factors.count)")
    try ModelFabricator(.tiny, seed: seed, outlierFactors: factors)
      .write(to: directory, on: Device(threadCount: threads))
    return directory
  }

  private static func contents(_ directory: String) throws -> [String: Data] {
    let names = try FileManager.default.subpathsOfDirectory(atPath: directory)
      .filter { $0.contains(".") }
    return try Dictionary(
      uniqueKeysWithValues: names.map {
        ($0, try Data(contentsOf: URL(filePath: directory).appending(path: $0)))
      })
  }

  @Test(arguments: [
    (ModelShape.klein4B, "transformer", 169, 3_875_544_576),
    (.klein4B, "vae", 251, 84_046_115 + 256 + 1), (.klein4B, "text_encoder", 398, 4_022_468_096),
    (.klein9B, "transformer", 233, 9_078_581_248), (.klein9B, "vae", 251, 84_046_115 + 256 + 1),
    (.klein9B, "text_encoder", 399, 8_190_735_360),
  ])
  func `the published shapes have the published numbers of tensors and parameters`(
    shape: ModelShape, folder: String, tensorCount: Int, parameterCount: Int
  ) throws {
    let tensors = try #require(try ModelFabricator(shape).storedTensors[folder])
    #expect(tensors.count == tensorCount)
    #expect(tensors.reduce(0) { $0 + $1.shape.reduce(1, *) } == parameterCount)
    #expect(Set(tensors.map(\.name)).count == tensorCount)
  }

  @Test func `a seed gives the same files for any number of threads, another seed gives others`()
    throws
  {
    let folder = try TemporaryFolder()
    let first = try Self.contents(Self.write(folder, threads: 1))
    #expect(try first == Self.contents(Self.write(folder, threads: 3)))
    let other = try Self.contents(Self.write(folder, seed: 2))
    let weights = "transformer/diffusion_pytorch_model.safetensors"
    #expect(first[weights]?.count == other[weights]?.count && first[weights] != other[weights])
  }

  @Test(arguments: [[], ModelFabricator.defaultOutlierFactors])
  func `a fabricated model loads and renders an image of many values`(factors: [Int]) throws {
    let folder = try TemporaryFolder()
    let directory = try Self.write(folder, factors: factors)
    let pipeline = try Pipeline(.directory(directory), device: .forTests)
    let request = PipelineRequest(prompt: "a fox", width: 64, height: 64, seed: 1, stepCount: 1)
    let pixels = try pipeline.render(request, progress: { _ in }).raster.pixels
    let mean = pixels.reduce(0) { $0 + Int($1) } / pixels.count
    #expect((64...192).contains(mean) && Set(pixels).count > 100)
  }

  @Test func `planted channels of the residual streams are larger by their factors`() throws {
    let folder = try TemporaryFolder()
    let pipeline = try Pipeline(.directory(Self.write(folder)), device: .forTests)
    let encoder = pipeline.model.textEncoder
    let ids = (0..<64).map { Int32($0 + 32) }
    var last = Tensor(zeros: [1, 1])
    try encoder.run(ids, count: ids.count, on: .forTests) { last = $1 }
    let planted = try ModelFabricator(.tiny).outliers
    try expectOutliers(last, planted[0].channels)

    let request = PipelineRequest(prompt: "a fox", width: 128, height: 128, seed: 1, stepCount: 1)
    let geometry = pipeline.geometry(of: request)
    let transformer = pipeline.model.transformer
    let conditioning = transformer.condition(
      prompt: try pipeline.encodePrompt("a fox").hiddenStates, grid: geometry.grid, references: [],
      adapters: [], on: .forTests)
    var stream = transformer.stream(
      pipeline.noise(for: geometry, seed: 1), conditioning, on: .forTests)
    let modulation = transformer.modulation(at: 1, conditioning, on: .forTests)
    for block in transformer.doubleBlocks { block.apply(to: &stream, modulation) }
    let rows = stream.hidden.rows
    for block in transformer.singleBlocks { block.apply(to: &stream, modulation, rows: 0..<rows) }
    try expectOutliers(stream.hidden, planted[3].channels)
  }

  /// Compares the root mean square of each planted channel with the median of all.
  private func expectOutliers(
    _ hidden: Tensor, _ channels: [OutlierChannels.Channel],
    sourceLocation: SourceLocation = #_sourceLocation
  ) throws {
    let sizes = (0..<hidden.columns).map { column in
      let squares = (0..<hidden.rows).map { row in
        let value = hidden.elements[row * hidden.columns + column]
        return value * value
      }
      return (squares.reduce(0, +) / Float(hidden.rows)).squareRoot()
    }
    let median = sizes.sorted()[sizes.count / 2]
    #expect((0.5...5).contains(median), "\(median)", sourceLocation: sourceLocation)
    #expect(channels.count == 12, sourceLocation: sourceLocation)
    for channel in channels {
      let ratio = sizes[channel.index] / median / Float(channel.factor)
      #expect((0.3...3).contains(ratio), "\(channel): \(ratio)", sourceLocation: sourceLocation)
    }
    // Outliers act as a bias: they are nearly the same for all tokens.
    for channel in channels where channel.factor == 1000 {
      let column = (0..<hidden.rows).map { hidden.elements[$0 * hidden.columns + channel.index] }
      let mean = column.reduce(0, +) / Float(column.count)
      #expect(
        column.allSatisfy { (0.3...2).contains($0 / mean) }, "\(channel)",
        sourceLocation: sourceLocation)
    }
    let others = sizes.indices.filter { index in !channels.contains { $0.index == index } }
    #expect(
      others.allSatisfy { sizes[$0] < 8 * median }, sourceLocation: sourceLocation)
  }

  @Test func `readers of outliers divide them in one block and share with them in the next`() throws
  {
    let folder = try TemporaryFolder()
    let directory = try Self.write(folder)
    let checkpoint = try Checkpoint.open(
      directory: "\(directory)/transformer", stem: "diffusion_pytorch_model")
    let outlier = try #require(try ModelFabricator(.tiny).outliers[3].channels.last)
    for (name, isDivided) in [
      ("single_transformer_blocks.0.attn.to_qkv_mlp_proj", true),
      ("single_transformer_blocks.1.attn.to_qkv_mlp_proj", false),
      ("transformer_blocks.1.attn.to_q", false), ("transformer_blocks.1.ff.linear_in", true),
    ] {
      let weight = try #require(checkpoint.tensors["\(name).weight"]).widened()
      func size(_ column: Int) -> Float {
        (0..<256).reduce(0) { $0 + abs(weight.elements[$1 * weight.columns + column]) }
      }
      let ratio = size(outlier.index - 1) / size(outlier.index)
      #expect(
        isDivided ? (700...1400).contains(ratio) : (50...200).contains(ratio), "\(name): \(ratio)")
    }
  }

  @Test func `what is interrupted leaves nothing, and what exists is not overwritten`() throws {
    let folder = try TemporaryFolder()
    let fabricator = try ModelFabricator(.tiny)
    #expect(throws: Interruption.self) {
      try fabricator.write(to: folder.path("model"), on: .forTests) { _, share in
        if share > 0.5 { throw Interruption() }
      }
    }
    #expect(try FileManager.default.contentsOfDirectory(atPath: folder.path).isEmpty)
    try folder.write("mine", to: "model/file")
    let error = #expect(throws: Flux2Error.self) {
      try fabricator.write(to: folder.path("model"), on: .forTests)
    }
    #expect(error?.detail.contains("nothing is overwritten") == true)
    #expect(try FileManager.default.contentsOfDirectory(atPath: folder.path) == ["model"])
  }

  @Test func `factors out of range are refused`() {
    #expect(throws: Flux2Error.self) { try ModelFabricator(.tiny, outlierFactors: [1]) }
    #expect(throws: Flux2Error.self) {
      try ModelFabricator(.tiny, outlierFactors: [Int](repeating: 30, count: 5))
    }
  }
}
