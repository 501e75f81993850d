/// An adapter with the strength that one request gives it.
public struct WeightedAdapter: Sendable {
  /// The adapter.
  public let adapter: LoRAAdapter
  /// The factor of the change; 0 leaves the base model byte for byte, negative values invert the change.
  public let strength: Float

  /// Gives an adapter a strength.
  public init(adapter: LoRAAdapter, strength: Float) {
    self.adapter = adapter
    self.strength = strength
  }
}

/// The adapters of one request, looked up by the path of a linear layer.
///
/// Requests that run at the same time have one each.
struct AdapterStack: Sendable {
  private let branches: [String: [LoRAAdapter.Pair]]

  /// Collects the adapters of strength other than 0; their order is the order of addition.
  init(_ adapters: [WeightedAdapter]) {
    var branches: [String: [LoRAAdapter.Pair]] = [:]
    for weighted in adapters where weighted.strength != 0 {
      for (path, pair) in weighted.adapter.pairs {
        branches[path, default: []].append(
          LoRAAdapter.Pair(down: pair.down, up: pair.up, scale: pair.scale * weighted.strength))
      }
    }
    self.branches = branches
  }

  /// Returns the changes of a layer, their strength included in the scale.
  func pairs(for path: String) -> [LoRAAdapter.Pair] { branches[path] ?? [] }
}

/// A low-rank change of the transformer that a model brings for its last steps.
///
/// At low noise the task is another one, details rather than composition. Steps at
/// higher noise stay as they are, bit for bit, and the last ones pay for it: 3 to 5 % of the time that
/// twenty steps of the embedded model take.
/// - Note: Balaji et al., *eDiff-I: Text-to-Image Diffusion Models with an Ensemble of Expert Denoisers*,
///   arXiv:2211.01324; here the expert is a low-rank change, not a second network.
package struct LowNoiseExpert: Sendable {
  /// The change, applied at strength 1.
  package let adapter: LoRAAdapter
  /// The noise level below which it is applied, in 0…1.
  package let boundary: Float
}
