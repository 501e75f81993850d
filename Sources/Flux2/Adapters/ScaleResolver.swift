import Text

/// Chooses each layer's scale from several sources, of which the first counts, and notes disagreements.
struct ScaleResolver {
  /// The name of the file's own alphas, for messages.
  private static let ownName = "the file's own alpha"

  private let sources: [AdapterMetadata]
  /// The first disagreement of each two sources, and how many layers share it.
  private var conflicts: [String: (text: String, count: Int)] = [:]
  private var layerCount = 0
  private var names: [String] = []

  /// - Parameter sources: The sources beside the layers' own alphas, in the order of precedence.
  init(_ sources: [AdapterMetadata]) { self.sources = sources }

  /// Returns the scale of a layer.
  /// - Parameters:
  ///   - names: The layer's path, and its name in the file.
  ///   - rank: The rank of its matrices; nil for a LoKr of whole ones.
  ///   - own: The scale by the layer's own alpha.
  mutating func scale(of names: [String], rank: Int?, own: Double?) -> Double {
    layerCount += 1
    self.names += names
    let said =
      (own.map { [(Self.ownName, $0)] } ?? [])
      + sources.compactMap { source in
        source.scale(of: names, rank: rank).map { (source.source, $0) }
      }
    guard let (counting, scale) = said.first else { return 1 }
    for (source, other) in said.dropFirst() where abs(other - scale) > 1e-6 * abs(scale) {
      note(source, "\(source) gives the scale \(Self.text(other)), \(counting) \(Self.text(scale))")
    }
    for source in sources {
      if let rank, let other = source.rank(of: names), other != Double(rank) {
        note(
          source.source + " r",
          "\(source.source) gives the rank \(Self.text(other)), the matrices have \(rank)")
      }
    }
    return scale
  }

  /// Throws if a source speaks of magnitudes, and no layer has one.
  func checkMagnitudes(of layerCount: Int, file: String) throws(Flux2Error) {
    guard layerCount == 0, let source = sources.first(where: \.usesDoRA) else { return }
    throw Flux2Error(
      .adapter, file,
      "\(source.source) says that it is a DoRA adapter (use_dora), and no layer has magnitudes")
  }

  private mutating func note(_ key: String, _ text: String) {
    conflicts[key, default: (text, 0)].count += 1
  }

  /// The disagreements and the patterns without effect, in a stable order.
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
    Int(exactly: number).map { "\($0)" } ?? "\((number * 1000).rounded() / 1000)"
  }
}
