package import Tensors

/// The changes of some linear layers of a model that one file holds: LoRA, LoHa, LoKr, full differences, each
/// also as a DoRA (spec §10).
public struct Adapter: Sendable {
  /// The file, for messages.
  public let name: String
  /// The changes by the module path that diffusers gives the layer; those of the text encoder begin with
  /// `text_encoder.`.
  package let changes: [String: LayerChange]
  /// Warnings about its files.
  public let warnings: [AdapterWarning]
  /// Identifies its changes of the text encoder, by which embedded prompts differ; nil where it has none.
  let textEncoderIdentity: String?

  init(
    name: String, changes: [String: LayerChange], warnings: [AdapterWarning],
    textEncoderIdentity: String?
  ) {
    self.name = name
    self.changes = changes
    self.warnings = warnings
    self.textEncoderIdentity = textEncoderIdentity
  }

  /// True if it has magnitudes, for which the base model must be measured.
  var hasMagnitudes: Bool { changes.values.contains { $0.decomposition != nil } }

  /// Measures the rows of the base model that its magnitudes refer to: for a DoRA all of them are read once,
  /// a few rows at a time.
  /// - Parameters:
  ///   - device: Computes the rows of the changes.
  ///   - weight: Returns a layer's weight as it is stored, by its path.
  func measured(on device: Device, weight: (String) -> WeightTensor?) -> Adapter {
    var changes = changes
    for (path, change) in changes where change.decomposition != nil {
      guard let weight = weight(path) else {
        // A layer of the text encoder behind the last one that is run.
        changes[path] = nil
        continue
      }
      changes[path]?.decomposition?.measure(change.weight, against: weight, on: device)
    }
    return Adapter(
      name: name, changes: changes, warnings: warnings, textEncoderIdentity: textEncoderIdentity)
  }
}

/// The change of one linear layer: `W' = W + scale · ΔW`, `b' = b + Δb`, with a DoRA's magnitudes around `W'`.
package struct LayerChange: Sendable {
  /// `ΔW`, `[D, C]`; nil where only the bias changes.
  package let weight: WeightChange?
  /// The file's own factor of `ΔW`: `alpha / r` by the file's format.
  package let scale: Float
  /// `Δb`, `[D]`; the layers of the base model have no bias.
  package let bias: Tensor?
  /// The magnitudes of the changed rows.
  package var decomposition: WeightDecomposition?
}

/// A warning about an adapter's files, for the user.
public struct AdapterWarning: Sendable, Equatable {
  /// The kinds of warning.
  public enum Kind: Sendable {
    /// Sources disagree about its scale or ranks.
    case scaleConflict
    /// A key or a pattern of its configuration has no effect.
    case keyIgnored
    /// A key of its configuration is there twice.
    case keyRepeated
  }

  /// The kind of warning.
  public let kind: Kind
  /// The message, without the file's name.
  public let message: String

  init(_ kind: Kind, _ message: String) {
    self.kind = kind
    self.message = message
  }
}
