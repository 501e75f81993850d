package import TestSupport

/// Counts of responses by outcome.
package struct Tally: Sendable {
  /// The number of responses of each status.
  package private(set) var statuses: [Int: Int] = [:]
  /// Requests whose connection ended before their answer did.
  package private(set) var lost = 0

  /// Nothing yet.
  package init() {}

  /// All of several.
  package init(sum tallies: [Tally]) {
    for tally in tallies {
      statuses.merge(tally.statuses) { $0 + $1 }
      lost += tally.lost
    }
  }

  /// Requests in all.
  package var count: Int { lost + statuses.values.reduce(0, +) }

  /// Adds an answer, or the lack of one.
  package mutating func add(_ reply: SocketClient.Reply?) {
    if let reply { statuses[reply.status, default: 0] += 1 } else { lost += 1 }
  }
}

extension Tally: CustomStringConvertible {
  package var description: String {
    let parts = statuses.sorted { $0.key < $1.key }.map { "\($0.value) x \($0.key)" }
    return (parts + (lost > 0 ? ["\(lost) lost"] : [])).joined(separator: ", ")
  }
}
