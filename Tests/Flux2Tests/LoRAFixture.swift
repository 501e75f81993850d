import Flux2
import Tensors
import TestSupport
import Testing
import Weights

/// A file of `lora/` beside a reference model, as `lora.json` lists it.
struct AdapterFile: Decodable, Sendable, CustomTestStringConvertible {
  let file: String
  /// The file that diffusers loads to the same change, up to `scale`.
  let like: String
  let scale: Float
  var testDescription: String { file }

  static func all(of model: String) throws -> [AdapterFile] {
    try Fixture.json("reference/\(model)/lora/lora.json")
  }
}

/// Adapters from fixture files, and from shapes alone.
enum LoRAFixture {
  static func configuration(_ model: String) throws -> TransformerConfiguration {
    try TransformerConfiguration(
      file: Fixture.path("reference/\(model)/model/transformer/config.json"))
  }

  static func adapter(_ file: String, of model: String) throws -> Adapter {
    try Adapter.open(
      file: Fixture.path("reference/\(model)/lora/\(file)"), for: configuration(model))
  }

  static func adapter(_ shapes: [String: [Int]]) throws -> Adapter {
    try Adapter(checkpoint(shapes), for: configuration("tiny"))
  }

  static func checkpoint(_ shapes: [String: [Int]]) -> Checkpoint {
    Checkpoint(
      tensors: shapes.mapValues { WeightTensor(Tensor(zeros: $0)) }, name: "x.safetensors")
  }
}

extension LayerChange {
  /// Both matrices of a LoRA.
  var matrices: (down: WeightTensor, up: WeightTensor)? {
    guard case .matrix(.product(let up, let down))? = weight else { return nil }
    return (down, up)
  }
}
