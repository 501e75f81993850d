/// Something about an adapter's files that whoever uses it should know.
public struct AdapterWarning: Sendable, Equatable {
  /// The kinds.
  public enum Kind: Sendable {
    /// Sources disagree about its scale or ranks.
    case scaleConflict
    /// Something that is said of it is not understood.
    case keyIgnored
    /// A key is there twice.
    case keyRepeated
  }

  /// The kind.
  public let kind: Kind
  /// What it is about, without the file's name.
  public let message: String

  init(_ kind: Kind, _ message: String) {
    self.kind = kind
    self.message = message
  }
}

/// The scales that the sources give each layer, of which the first counts, and where they disagree.
struct ScaleSources {
  /// What the file's own alphas are called.
  private static let ownName = "the file's own alpha"

  private let sources: [LoRAMetadata]
  /// The first disagreement of each two sources, and how many layers share it.
  private var conflicts: [String: (text: String, count: Int)] = [:]
  private var layerCount = 0
  private var names: [String] = []

  /// - Parameter sources: What is said beside the layers' own alphas; the first counts.
  init(_ sources: [LoRAMetadata]) { self.sources = sources }

  /// The scale of a layer.
  /// - Parameters:
  ///   - names: The layer's path, and what the file calls the layer.
  ///   - rank: The rank of its matrices.
  ///   - own: The scale by the layer's own alpha.
  mutating func scale(of names: [String], rank: Int, own: Double?) -> Double {
    layerCount += 1
    self.names += names
    let said =
      (own.map { [(Self.ownName, $0)] } ?? [])
      + sources.map { ($0.source, $0.scale(of: names, rank: rank)) }
    guard let (counting, scale) = said.first else { return 1 }
    for (source, other) in said.dropFirst() where abs(other - scale) > 1e-6 * abs(scale) {
      note(source, "\(source) gives the scale \(Self.text(other)), \(counting) \(Self.text(scale))")
    }
    for source in sources {
      if let other = source.rank(of: names), other != Double(rank) {
        note(
          source.source + " r",
          "\(source.source) gives the rank \(Self.text(other)), the matrices have \(rank)")
      }
    }
    return scale
  }

  private mutating func note(_ key: String, _ text: String) {
    conflicts[key, default: (text, 0)].count += 1
  }

  /// What there is to say, in a stable order.
  var warnings: [AdapterWarning] {
    let disagreements = conflicts.sorted { $0.key < $1.key }.map { _, conflict in
      AdapterWarning(
        .scaleConflict,
        "\(conflict.text) in \(conflict.count) of \(layerCount) layers; the latter counts")
    }
    let idle = sources.flatMap { source in
      source.idlePatterns(among: names).prefix(3).map {
        AdapterWarning(
          .keyIgnored, "\(source.source) has a pattern that matches no layer: \($0)")
      }
    }
    return disagreements + idle
  }

  /// 2 rather than 2.0.
  private static func text(_ number: Double) -> String {
    Int(exactly: number).map { "\($0)" } ?? "\(Double(Int((number * 1000).rounded())) / 1000)"
  }
}
