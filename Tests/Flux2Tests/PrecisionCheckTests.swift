import Flux2
import Foundation
import Tensors
import TestSupport
import Testing
import Weights

@Suite struct PrecisionCheckTests {
  /// Writes a tiny model with outlier channels of some factors.
  private static func fabricate(_ folder: TemporaryFolder, factors: [Int]) throws -> String {
    let directory = folder.path("model")
    try ModelFabricator(.tiny, outlierFactors: factors).write(to: directory, on: .forTests)
    return directory
  }

  /// The distance of the first velocity of a model's transformer from its velocity in float32.
  private static func velocityError(
    _ directory: String, _ preparation: WeightPreparation
  ) throws -> Double {
    let pipeline = try Pipeline(.directory(directory), device: .forTests)
    let exact = pipeline.model.transformer
    let other = try Transformer(
      exact.configuration,
      Checkpoint.open(directory: "\(directory)/transformer", stem: "diffusion_pytorch_model"),
      preparation)
    let request = PipelineRequest(prompt: "a fox", width: 256, height: 256, seed: 1, stepCount: 4)
    let geometry = pipeline.geometry(of: request)
    let prompt = try pipeline.encodePrompt("a fox").hiddenStates
    let noise = pipeline.noise(for: geometry, seed: 1)
    func velocity(_ transformer: Transformer) throws -> Tensor {
      let conditioning = transformer.condition(
        prompt: prompt, grid: geometry.grid, references: [], adapters: [], on: .forTests)
      return try transformer.velocity(of: noise, at: 1, conditioning, on: .forTests)
    }
    return PrecisionDistance.between(try velocity(other), exact: try velocity(exact)).relativeError
  }

  /// Measured: 0.6 to 0.8 % in int8, 0.11 to 0.14 % in bfloat16.
  @Test(arguments: [[], [30], [30, 100, 1000]])
  func `the velocity keeps its precision beside outlier channels`(factors: [Int]) throws {
    let folder = try TemporaryFolder()
    let directory = try Self.fabricate(folder, factors: factors)
    let int8 = try Self.velocityError(directory, WeightPreparation(.int8, on: .forTests))
    let bfloat16 = try Self.velocityError(directory, WeightPreparation(.bfloat16, on: .forTests))
    #expect(int8 < 0.015)
    #expect(bfloat16 < 0.003)
    guard factors.contains(1000) else { return }
    let naive = try Self.velocityError(
      directory, WeightPreparation(.int8, on: .forTests, handlesOutliers: false))
    #expect(naive > 0.04, "\(naive)")
  }

  @Test func `a check has every layer of the blocks, and each is close to float32`() throws {
    let folder = try TemporaryFolder()
    let directory = try Self.fabricate(folder, factors: [30])
    var shares: [Double] = []
    let check = try PrecisionCheck(
      .directory(directory), .int8, .iris, threadCount: 2, preparedDirectory: nil,
      request: PipelineRequest(prompt: "a fox", width: 64, height: 64, seed: 1, stepCount: 1)
    ) { shares.append($1) }
    #expect(check.layers.count == 4 * 7 + 2 * 12 + 4 * 2)
    for layer in check.layers {
      #expect(layer.distance.cosine > 0.999, "\(layer.name)")
      #expect((0.000_01..<0.03).contains(layer.distance.relativeError), "\(layer.name)")
    }
    #expect(check.results.map(\.name).contains("velocity"))
    #expect(shares == shares.sorted() && shares.last == 1)
  }
}
