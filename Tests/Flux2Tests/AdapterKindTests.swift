import Flux2
import TensorTestSupport
import Tensors
import TestSupport
import Testing

/// A file of `kinds/` beside the `tiny` model, as `kinds.json` lists it.
struct AdapterKind: Decodable, Sendable, CustomTestStringConvertible {
  static let folder = "reference/tiny/kinds"

  let file: String
  /// The strength of the recorded call.
  let strength: Float
  var testDescription: String { file }

  static func all() throws -> [AdapterKind] { try Fixture.json("\(folder)/kinds.json") }
  static func results() throws -> FixtureTensors {
    try Fixture.tensors("\(folder)/kinds.safetensors")
  }
}

/// What PEFT, LyCORIS, diffusers and ComfyUI's rules make of the model.
@Suite struct AdapterKindTests {
  private static let model = ReferenceModel.all[0]

  private func pipeline(cacheByteCount: Int = 0) throws -> Pipeline {
    try Pipeline(
      .directory(Self.model.directory), device: .forTests, cacheByteCount: cacheByteCount)
  }

  private func adapter(_ file: String, of pipeline: Pipeline) throws -> Adapter {
    try pipeline.loadAdapter(file: Fixture.path("\(AdapterKind.folder)/\(file)"))
  }

  @Test(arguments: try AdapterKind.all())
  func `predicts the velocity of the program that made it`(kind: AdapterKind) throws {
    let pipeline = try pipeline()
    let weighted = WeightedAdapter(
      adapter: try adapter(kind.file, of: pipeline), strength: kind.strength)
    let velocity = try RecordedCall(Self.model).velocity(
      of: pipeline.model.transformer, [weighted])
    let expected = try AdapterKind.results().tensor(kind.file).rows(0..<RecordedCall.grid.count)
    expectClose(velocity, expected, tolerance: 5e-4, kind.file)
    // The adapter changes far more than the tolerance forgives.
    let plain = try Self.model.tensors("transformer").tensor("velocity")
    #expect(
      Closeness(velocity.elements, plain.rows(0..<RecordedCall.grid.count).elements).maximum > 0.02)
  }

  @Test func `of several kinds add up, and at strength 0 are not there`() throws {
    let pipeline = try pipeline()
    let call = RecordedCall(Self.model)
    let adapters = try AdapterKind.all().map { try adapter($0.file, of: pipeline) }
    let none = adapters.map { WeightedAdapter(adapter: $0, strength: 0) }
    let base = try call.velocity(of: pipeline.model.transformer, [])
    #expect(try call.velocity(of: pipeline.model.transformer, none) == base)
    // Small changes add up without meeting: each moves the velocity by nearly as much beside the others.
    let small = try ["lycoris_lokr.safetensors", "lycoris_loha.safetensors", "comfy.safetensors"]
      .map { WeightedAdapter(adapter: try adapter($0, of: pipeline), strength: 1e-3) }
    let all = try call.velocity(of: pipeline.model.transformer, small)
    var sum = base
    for adapter in small {
      let one = try call.velocity(of: pipeline.model.transformer, [adapter])
      sum = Tensor(
        shape: sum.shape,
        elements: sum.elements.indices.map {
          sum.elements[$0] + one.elements[$0] - base.elements[$0]
        })
    }
    expectClose(all, sum, tolerance: 1e-4)
    #expect(Closeness(all.elements, base.elements).maximum > 1e-3)
  }

  @Test func `of the text encoder changes the embedding of a prompt`() throws {
    let pipeline = try pipeline()
    let results = try AdapterKind.results()
    let ids = try results.tensor("text_encoder.ids").elements.map { Int32($0) }
    let count = Int(try #require(results.tensor("text_encoder.count").elements.first))
    let adapter = try adapter("text_encoder.safetensors", of: pipeline)
    let stack = AdapterStack([WeightedAdapter(adapter: adapter, strength: 0.8)])
    let states = try pipeline.model.textEncoder.encode(
      ids, count: count, adapters: stack, on: .forTests)
    let expected = try results.tensor("text_encoder.embedding")
    let largest = expected.elements.map(\.magnitude).max() ?? 0
    expectClose(states, expected, tolerance: 1e-4 + 1e-5 * largest)
    let plain = try pipeline.model.textEncoder.encode(ids, count: count, on: .forTests)
    #expect(Closeness(states.elements, plain.elements).maximum > 0.05)
  }

  @Test func `of the text encoder has embeddings of its own in the cache`() throws {
    let pipeline = try pipeline(cacheByteCount: 64 << 20)
    let adapter = try adapter("text_encoder.safetensors", of: pipeline)
    let other = try self.adapter("lycoris_lokr.safetensors", of: pipeline)
    func embedding(_ adapters: [(Adapter, Float)]) throws -> Tensor {
      try pipeline.encodePrompt(
        "a fox", adapters: adapters.map { WeightedAdapter(adapter: $0, strength: $1) }
      ).hiddenStates
    }
    let plain = try embedding([])
    #expect(try embedding([(other, 1), (adapter, 0)]) == plain)
    #expect(pipeline.cacheStatistics.missCount == 1)
    let changed = try embedding([(adapter, 0.8)])
    #expect(changed != plain)
    #expect(try embedding([(adapter, 0.8), (other, 0.5)]) == changed)
    #expect(pipeline.cacheStatistics.missCount == 2 && pipeline.cacheStatistics.hitCount == 2)
    #expect(try embedding([(adapter, 0.7)]) != changed)
    #expect(pipeline.cacheStatistics.missCount == 3)
  }

  @Test(arguments: ["bfloat16", "int8"])
  func `in a lower precision is near what it is in float32`(precision: String) throws {
    let mode = try #require(PrecisionMode(rawValue: precision))
    let low = try Pipeline(.directory(Self.model.directory), device: .forTests, precision: mode)
    let exact = try pipeline()
    let call = RecordedCall(Self.model)
    for file in ["peft_dora.safetensors", "lycoris_loha.safetensors", "lycoris_lokr.safetensors"] {
      func velocity(_ pipeline: Pipeline) throws -> Tensor {
        try call.velocity(
          of: pipeline.model.transformer,
          [WeightedAdapter(adapter: try adapter(file, of: pipeline), strength: 0.8)])
      }
      let (near, expected) = (try velocity(low), try velocity(exact))
      let scale = expected.elements.map { $0 * $0 }.reduce(0, +)
      let error = zip(near.elements, expected.elements).map { ($0 - $1) * ($0 - $1) }.reduce(0, +)
      #expect(error < 0.01 * scale, "\(file): \(error) of \(scale)")
    }
  }
}
