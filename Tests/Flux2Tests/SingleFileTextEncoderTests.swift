import Flux2
import TensorTestSupport
import Tensors
import TestSupport
import Testing
import Weights

@Suite struct SingleFileTextEncoderTests {
  @Test(arguments: ["model.", "", "text_encoders.qwen3_4b.transformer.model.", "language_model."])
  func `gets the names of transformers and tells its configuration`(prefix: String) throws {
    let source = try Checkpoint.open(
      directory: Fixture.path("reference/tiny/model/text_encoder"), stem: "model")
    var file = Checkpoint(tensors: [:], name: "qwen.safetensors")
    for (name, tensor) in source.tensors where name.hasPrefix("model.") {
      file.tensors[prefix + name.dropFirst("model.".count)] = tensor
    }
    let converted = try SingleFile.textEncoder(file)
    #expect(
      converted.tensors.keys.sorted()
        == source.tensors.keys.filter { $0.hasPrefix("model.") }.sorted())
    let expected = try TextEncoderConfiguration(
      file: Fixture.path("reference/tiny/model/text_encoder/config.json"))
    #expect(try TextEncoderConfiguration(inferredFrom: converted) == expected)
  }

  @Test(arguments: [
    ("model.layers.0.self_attn.q_norm.weight", [15]),
    ("model.layers.0.self_attn.q_norm.weight", [0]),
    ("model.layers.0.self_attn.k_proj.weight", [0, 40]),
    ("model.layers.0.self_attn.k_proj.weight", [48, 40]),
    ("model.embed_tokens.weight", [40]),
  ])
  func `of impossible shapes is refused`(name: String, shape: [Int]) throws {
    var checkpoint = try Checkpoint.open(
      directory: Fixture.path("reference/tiny/model/text_encoder"), stem: "model")
    checkpoint.tensors[name] = WeightTensor(Tensor(zeros: shape))
    #expect(throws: Flux2Error.self) { try TextEncoderConfiguration(inferredFrom: checkpoint) }
  }
}
