import Flux2
import Foundation
import TensorTestSupport
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

  /// Calls `body` with a copy of the model that is removed afterwards.
  /// - Parameters:
  ///   - changes: Values of `model_index.json` to be replaced.
  ///   - adapter: A file to put where a model's low-noise adapter lies.
  func withCopy<Result>(
    index changes: [String: Any], adapter: String? = nil, _ body: (String) throws -> Result
  ) throws -> Result {
    let (files, source) = (FileManager.default, URL(filePath: directory))
    let folder = try TemporaryFolder()
    let copy = folder.url
    try files.createDirectory(
      at: copy.appending(path: "low_noise"), withIntermediateDirectories: true)
    for name in try files.contentsOfDirectory(atPath: source.path) where name != "model_index.json"
    {
      try files.createSymbolicLink(
        at: copy.appending(path: name), withDestinationURL: source.appending(path: name))
    }
    if let adapter {
      try files.createSymbolicLink(
        at: copy.appending(path: "low_noise/pytorch_lora_weights.safetensors"),
        withDestinationURL: URL(filePath: adapter))
    }
    let index = try JSONSerialization.jsonObject(
      with: Data(contentsOf: source.appending(path: "model_index.json")))
    let object = try #require(index as? [String: Any]).merging(changes) { $1 }
    try JSONSerialization.data(withJSONObject: object)
      .write(to: copy.appending(path: "model_index.json"))
    return try body(copy.path)
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
