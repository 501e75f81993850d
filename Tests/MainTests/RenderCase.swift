import Foundation
import TestSupport
import Testing

/// A render of the reference, as the fixtures list it.
struct RenderCase: Decodable, Sendable {
  let name: String
  let prompt: String
  let seed: UInt64
  let width: Int
  let height: Int
  let steps: Int
  let guidance: Double
  let references: [String]
  let strength: Double
  let negativePrompt: String
  let mask: String?
  let lora: String?
  let loraStrength: Double

  /// The fixtures of one random model.
  static func folder(_ model: String) -> URL {
    Fixture.url("reference/\(model)")
  }

  /// The cases of one random model.
  static func all(of model: String) throws -> [RenderCase] {
    try Fixture.json("reference/\(model)/cases.json")
  }

  /// The command line that renders it.
  func arguments(model: String, output: String) -> [String] {
    let folder = Self.folder(model)
    var arguments = [
      references.isEmpty ? "generate" : "edit", prompt, "--model",
      folder.appending(path: "model").path,
      "--seed", "\(seed)", "--size", "\(width)x\(height)", "--steps", "\(steps)", "--guidance",
      "\(guidance)", "--output", output, "--quiet",
    ]
    for reference in references {
      arguments += ["--image", folder.appending(path: "images/\(reference)").path]
    }
    if !references.isEmpty { arguments += ["--strength", "\(strength)"] }
    if !negativePrompt.isEmpty { arguments += ["--negative-prompt", negativePrompt] }
    if let mask { arguments += ["--mask", folder.appending(path: "images/\(mask)").path] }
    if let lora {
      arguments += ["--lora", folder.appending(path: "lora/\(lora)").path]
      arguments += ["--lora-strength", "\(loraStrength)"]
    }
    return arguments
  }
}
