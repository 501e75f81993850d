import Flux2
import Tensors
import TestSupport
import Testing
import Weights

/// One of the random models under `Tests/Fixtures/reference`, stage by stage.
struct ReferenceModel: CustomTestStringConvertible, Sendable {
  /// `tiny`: klein's defaults in small; `compact`: everything else (`README.md` there).
  static let all = ["tiny", "compact"].map { ReferenceModel(name: $0) }

  let name: String
  var testDescription: String { name }

  var folder: String { "reference/\(name)" }
  var directory: String { Fixture.path("\(folder)/model") }

  /// The reference's tensors of a stage.
  func tensors(_ stage: String) throws -> FixtureTensors {
    try Fixture.tensors("\(folder)/\(stage).safetensors")
  }

  func textEncoder() throws -> TextEncoder {
    let index = try ModelIndex(file: "\(directory)/model_index.json")
    return try TextEncoder(
      TextEncoderConfiguration(file: "\(directory)/text_encoder/config.json"),
      outputs: index.textEncoderOutputs,
      Checkpoint.open(directory: "\(directory)/text_encoder", stem: "model"))
  }

  func transformer() throws -> Transformer {
    try Transformer(
      TransformerConfiguration(file: "\(directory)/transformer/config.json"),
      Checkpoint.open(directory: "\(directory)/transformer", stem: "diffusion_pytorch_model"))
  }
}

extension Device {
  /// The device of these tests; the number of threads changes no result.
  static let forTests = Device(threadCount: 2)
}

extension FixtureTensors {
  /// A tensor of whole numbers.
  func integers(_ name: String) throws -> [Int32] {
    try tensor(name).elements.map { Int32($0) }
  }
}
