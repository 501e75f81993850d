import Flux2
import Foundation
import TestSupport

/// A folder with a copy of a fixture adapter, and what may lie beside it.
struct AdapterFolder {
  static let q = "transformer.transformer_blocks.0.attn.to_q"

  /// Calls `body` with the adapter opened by the name of a file, or of the folder.
  /// - Parameters:
  ///   - file: The fixture.
  ///   - name: Its name in the folder.
  ///   - others: Texts of other files.
  ///   - opened: The name to open; the folder if empty.
  static func open(
    _ file: String = "peft.safetensors", as name: String = "adapter_model.safetensors",
    beside others: [String: String], opening opened: String? = nil
  ) throws -> Adapter {
    let folder = try TemporaryFolder()
    try FileManager.default.copyItem(
      atPath: Fixture.path("reference/tiny/lora/\(file)"), toPath: folder.path + "/" + name)
    for (name, text) in others { try folder.write(text, to: name) }
    let path = folder.path + "/" + (opened ?? name)
    return try Adapter.open(file: path, for: try LoRAFixture.configuration("tiny"))
  }

  /// PEFT's configuration with some members.
  static func configuration(_ members: String) -> [String: String] {
    ["adapter_config.json": #"{"peft_type": "LORA", \#(members)}"#]
  }
}
