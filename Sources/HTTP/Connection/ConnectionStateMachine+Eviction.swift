extension ConnectionStateMachine {
  /// How easily a connection is done without where there is no room for another.
  package struct Eviction: Comparable, Sendable {
    /// The kinds of connection that may be closed, the first to go first.
    package enum Kind: Int, Sendable {
      /// It has its last answer.
      case lingering
      /// It has not finished a head, for which nothing has been done yet.
      case head
      /// It waits between requests.
      case idle
      /// It has not finished a body.
      case body
    }

    let kind: Kind
    /// Of those of one kind the oldest goes first; of bodies, the one that has come most slowly.
    let since: Instant

    package static func < (first: Eviction, second: Eviction) -> Bool {
      (first.kind.rawValue, first.since) < (second.kind.rawValue, second.since)
    }
  }

  /// What it is worth where there is no room; nil while it is being answered.
  package var eviction: Eviction? {
    switch phase {
    case .lingering: Eviction(kind: .lingering, since: timer.lingerStart)
    case .head:
      if let start = timer.headStart {
        Eviction(kind: .head, since: start)
      } else {
        Eviction(kind: .idle, since: timer.idleSince)
      }
    case .body: Eviction(kind: .body, since: timer.bodyCreditEnd)
    case .admitting, .failing, .running, .streaming, .finishing, .closed: nil
    }
  }
}
