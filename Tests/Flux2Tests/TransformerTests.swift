import Flux2
import TensorTestSupport
import Tensors
import TestSupport
import Testing

/// One call of the transformer with two references, compared block by block.
@Suite struct TransformerTests {
  /// The call that `transformer.safetensors` records.
  private struct Call {
    static let grid = TokenGrid(rows: 5, columns: 7)
    static let referenceGrids = [TokenGrid(rows: 3, columns: 4), TokenGrid(rows: 4, columns: 2)]

    let transformer: Transformer
    let reference: FixtureTensors
    let latents: Tensor
    let timestep: Float
    let conditioning: Conditioning

    init(_ model: ReferenceModel, adapters: [WeightedAdapter] = []) throws {
      transformer = try model.transformer()
      reference = try model.tensors("transformer")
      let tokens = try reference.tensor("input.hidden_states")
      latents = tokens.rows(0..<Self.grid.count)
      timestep = try #require(reference.tensor("input.timestep").elements.first)
      var start = Self.grid.count
      var references: [ReferenceLatents] = []
      for grid in Self.referenceGrids {
        references.append(
          ReferenceLatents(tokens: tokens.rows(start..<start + grid.count), grid: grid))
        start += grid.count
      }
      conditioning = transformer.condition(
        prompt: try reference.tensor("input.encoder_hidden_states"), grid: Self.grid,
        references: references, adapters: adapters, on: .forTests)
    }

    func velocity() throws -> Tensor {
      try transformer.velocity(of: latents, at: timestep, conditioning, on: .forTests)
    }

    /// The blocks' modulation as the reference has it.
    func referenceModulation() throws -> StepModulation {
      func sets(_ name: String) throws -> [Modulation] {
        Modulation.sets(
          try reference.tensor("modulation.\(name)"),
          hiddenSize: transformer.configuration.hiddenSize)
      }
      var modulation = transformer.modulation(at: timestep, conditioning, on: .forTests)
      modulation.text = try sets("text")
      modulation.image = try sets("image")
      modulation.single = try #require(sets("single").first)
      return modulation
    }
  }

  /// Each block gets the reference's input, so that a difference shows where it arises.
  @Test(arguments: ReferenceModel.all)
  func `every block gives what the reference gives`(model: ReferenceModel) throws {
    let call = try Call(model)
    let modulation = try call.referenceModulation()
    var stream = call.transformer.stream(call.latents, call.conditioning, on: .forTests)
    func compare(_ expected: Tensor, _ name: String) {
      expectLayer(
        stream.hidden, expected, tolerance: 1e-4, relative: 1e-5, "\(model.name) \(name)")
      stream.hidden = expected
    }
    func joint(_ name: String) throws -> Tensor {
      Tensor.stack([
        try call.reference.tensor("\(name).text"), try call.reference.tensor("\(name).image"),
      ])
    }
    compare(try joint("embedded"), "embedded")
    for (index, block) in call.transformer.doubleBlocks.enumerated() {
      block.apply(to: &stream, modulation)
      compare(try joint("double.\(index)"), "double.\(index)")
    }
    for (index, block) in call.transformer.singleBlocks.enumerated() {
      block.apply(to: &stream, modulation, rows: 0..<stream.hidden.rows)
      compare(try call.reference.tensor("single.\(index)"), "single.\(index)")
    }
  }

  @Test(arguments: ReferenceModel.all)
  func `text tokens come before image tokens, and the image before its references`(
    model: ReferenceModel
  ) throws {
    let call = try Call(model)
    let stream = call.transformer.stream(call.latents, call.conditioning, on: .forTests)
    let text = try call.reference.tensor("embedded.text")
    let image = try call.reference.tensor("embedded.image")
    expectClose(stream.hidden.rows(0..<text.rows), text, tolerance: 1e-4, "text")
    expectClose(
      stream.hidden.rows(text.rows..<text.rows + image.rows), image, tolerance: 1e-4, "image")
  }

  @Test(arguments: ReferenceModel.all)
  func `the last block may leave out rows that nothing reads`(model: ReferenceModel) throws {
    let call = try Call(model)
    let modulation = try call.referenceModulation()
    let block = try #require(call.transformer.singleBlocks.last)
    var all = call.transformer.stream(call.latents, call.conditioning, on: .forTests)
    var some = all
    let rows = all.hidden.rows - 30..<all.hidden.rows - 7
    block.apply(to: &all, modulation, rows: 0..<all.hidden.rows)
    block.apply(to: &some, modulation, rows: rows)
    expectClose(some.hidden.rows(rows), all.hidden.rows(rows), tolerance: 1e-5, "rows moved")
  }

  @Test(arguments: ReferenceModel.all)
  func `the velocity is that of the image's own tokens`(model: ReferenceModel) throws {
    let call = try Call(model)
    let expected = try call.reference.tensor("velocity").rows(0..<Call.grid.count)
    expectClose(try call.velocity(), expected, tolerance: 2e-4, "velocity")
  }

  @Test(arguments: ReferenceModel.all)
  func `time becomes cosines before sines, then features`(model: ReferenceModel) throws {
    let call = try Call(model)
    let expected = try call.reference.tensor("timestep.sinusoid")
    let wave = TimestepEmbedding.sinusoid(call.timestep, channels: expected.elements.count)
    expectClose(wave.reshaped(expected.shape), expected, tolerance: 1e-6, "sinusoid")
    let features = try call.reference.tensor("timestep.embedding")
    let embedding = call.transformer.embedding(
      of: call.timestep, call.conditioning, on: .forTests)
    expectClose(embedding.reshaped(features.shape), features, tolerance: 1e-4, "embedding")
  }

  /// At time 1000, one unit in the last place of a frequency is a difference of up to 6e-5.
  @Test(arguments: [32, 64, 128, 256, 512])
  func `frequencies are rounded as in the reference`(width: Int) throws {
    let expected = try Fixture.tensors("reference/tiny/sinusoid.safetensors")
      .tensor("width.\(width)")
    let wave = TimestepEmbedding.sinusoid(1, channels: width)
    expectClose(wave.reshaped(expected.shape), expected, tolerance: 1e-6)
  }

  @Test(arguments: ReferenceModel.all)
  func `modulation comes as shift, scale, gate`(model: ReferenceModel) throws {
    let call = try Call(model)
    let modulation = call.transformer.modulation(
      at: call.timestep, call.conditioning, on: .forTests)
    for (sets, name) in [
      (modulation.text, "text"), (modulation.image, "image"), ([modulation.single], "single"),
    ] {
      let expected = try call.reference.tensor("modulation.\(name)")
      let joined = sets.flatMap { $0.shift.elements + $0.scale.elements + $0.gate.elements }
      expectClose(
        Tensor(shape: expected.shape, elements: joined), expected, tolerance: 1e-4, name)
    }
  }

  @Test(arguments: ReferenceModel.all)
  func `every token's angles are the reference's`(model: ReferenceModel) throws {
    let call = try Call(model)
    for (part, table) in [
      ("cosine", call.conditioning.rotary.cosines), ("sine", call.conditioning.rotary.sines),
    ] {
      let expected = Tensor.stack([
        try call.reference.tensor("rotary.text.\(part)"),
        try call.reference.tensor("rotary.image.\(part)"),
      ])
      // The reference holds every value twice, once for each feature of a pair.
      let pairs = stride(from: 0, to: expected.elements.count, by: 2).map { expected.elements[$0] }
      expectClose(table, Tensor(shape: table.shape, elements: pairs), tolerance: 1e-7, part)
    }
  }
}
