/// An adapter with the strength that one request gives it.
public struct WeightedAdapter: Sendable {
  /// The change.
  public let adapter: LoRAAdapter
  /// How much of it; 0 leaves the base model byte for byte, negative values invert the change.
  public let strength: Float

  /// Describes a use.
  public init(adapter: LoRAAdapter, strength: Float) {
    self.adapter = adapter
    self.strength = strength
  }
}

/// The adapters of one request, looked up by projection.
///
/// Requests that run at the same time have one each.
struct AdapterStack: Sendable {
  private let branches: [String: [LoRAAdapter.Pair]]

  /// Collects the changes that do something; the order of the uses is the order of addition.
  init(_ uses: [WeightedAdapter]) {
    var branches: [String: [LoRAAdapter.Pair]] = [:]
    for use in uses where use.strength != 0 {
      for (path, pair) in use.adapter.pairs {
        branches[path, default: []].append(
          LoRAAdapter.Pair(down: pair.down, up: pair.up, scale: pair.scale * use.strength))
      }
    }
    self.branches = branches
  }

  /// The changes of a projection, their strength included in the scale.
  func pairs(for path: String) -> [LoRAAdapter.Pair] { branches[path] ?? [] }
}
