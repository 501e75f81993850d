/// What was done for each key, by the keys' ids.
///
/// However many keys there are, so many are told apart and no more: each of them is a series that
/// Prometheus keeps for as long as it keeps anything.
struct KeyCounts: Sendable {
  /// What counts for one key.
  struct Counts: Sendable {
    /// By status; 0 when the client left before an answer.
    var requests: [Int: Int] = [:]
    var renderSeconds = 0.0
  }

  /// Those that come first have a place of their own.
  static let capacity = 100
  /// Stands for all others; no key has such an id.
  private static let other = "other"

  private(set) var counts: [String: Counts] = [:]

  /// A request of a key is over.
  mutating func record(_ key: String, status: Int, renderSeconds: Double) {
    let name = counts[key] != nil || counts.count < Self.capacity ? key : Self.other
    counts[name, default: Counts()].requests[status, default: 0] += 1
    counts[name, default: Counts()].renderSeconds += renderSeconds
  }
}
