import TestSupport
public import Testing

/// One render of `cases.json` beside a reference model, as a user asks for it.
public struct ReferenceCase: Decodable, Sendable, CustomTestStringConvertible {
  /// The name of the image and the tensors in `cases/`.
  public let name: String
  /// The user's text.
  public let prompt: String
  /// Seed of the initial noise.
  public let seed: UInt64
  /// Pixels of the result, across.
  public let width: Int
  /// Pixels of the result, down.
  public let height: Int
  /// Denoising steps of the whole schedule.
  public let steps: Int
  /// Classifier-free guidance; 1 is none.
  public let guidance: Float
  /// File names in `images/`.
  public let references: [String]
  /// The part of the schedule that an edit of one image runs through.
  public let strength: Double
  /// What guidance leads away from; empty for nothing in particular.
  public let negativePrompt: String
  /// A file name in `images/`: what is repainted of the first reference.
  public let mask: String?
  /// A file name in `lora/`.
  public let lora: String?
  /// Multiplies the adapter.
  public let loraStrength: Float

  /// The name, for a parameterised test's output.
  public var testDescription: String { name }

  /// The cases of a model's folder, such as `reference/tiny`.
  public static func all(in folder: String) throws -> [ReferenceCase] {
    try Fixture.json("\(folder)/cases.json")
  }
}
