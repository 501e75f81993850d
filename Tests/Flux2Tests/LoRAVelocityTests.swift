import Flux2
import TensorTestSupport
import Tensors
import Testing

@Suite struct LoRAVelocityTests {
  private static let strength: Float = 0.8

  @Test(arguments: ReferenceModel.all, try AdapterFile.all(of: "tiny"))
  func `predicts the velocity of diffusers`(model: ReferenceModel, file: AdapterFile) throws {
    let expected = try model.tensors("lora").tensor(file.file)
    let adapter = try LoRAFixture.adapter(file.file, of: model.name)
    let velocity = try velocity(
      of: model, [WeightedAdapter(adapter: adapter, strength: Self.strength)])
    expectClose(velocity, expected.rows(0..<RecordedCall.grid.count), tolerance: 5e-4, file.file)
    // The adapter changes far more than the tolerance forgives.
    let plain = try model.tensors("transformer").tensor("velocity").rows(
      0..<RecordedCall.grid.count)
    #expect(Closeness(velocity.elements, plain.elements).maximum > 0.05)
  }

  @Test(arguments: ReferenceModel.all)
  func `at strength 0 is the base model byte for byte`(model: ReferenceModel) throws {
    let adapter = try LoRAFixture.adapter("bfl.safetensors", of: model.name)
    let base = try velocity(of: model, [])
    #expect(try velocity(of: model, [WeightedAdapter(adapter: adapter, strength: 0)]) == base)
    #expect(try velocity(of: model, [WeightedAdapter(adapter: adapter, strength: 0.01)]) != base)
  }

  @Test(arguments: ReferenceModel.all)
  func `adds several adapters up`(model: ReferenceModel) throws {
    let peft = try LoRAFixture.adapter("peft.safetensors", of: model.name)
    let kohya = try LoRAFixture.adapter("kohya.safetensors", of: model.name)
    // The second file holds 1.5 times the first: together they make up strength 0.8 of it.
    let both = try velocity(
      of: model,
      [
        WeightedAdapter(adapter: peft, strength: 0.2),
        WeightedAdapter(adapter: kohya, strength: 0.4),
      ])
    let expected = try model.tensors("lora").tensor("peft.safetensors")
    expectClose(both, expected.rows(0..<RecordedCall.grid.count), tolerance: 5e-4)
  }

  private func velocity(of model: ReferenceModel, _ adapters: [WeightedAdapter]) throws -> Tensor {
    try RecordedCall(model).velocity(of: try model.transformer(), adapters)
  }
}
