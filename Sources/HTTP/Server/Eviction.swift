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

extension EventLoop {
  /// A part of those that may be closed go at once, so that finding them costs each pending little.
  private static let evictedPart = 64

  /// Whether an pending has room, which others may have had to make.
  var hasRoom: Bool {
    connections.count < configuration.maxConnections || evictConnections(among: connections.values)
  }

  /// Whether an address may have another connection.
  ///
  /// Those of its own make room first: whoever else is behind it must not be shut out by them.
  func hasRoom(for remote: RemoteAddress) -> Bool {
    guard let limit = configuration.maxConnectionsPerAddress, let network = remote.network,
      connectionsPerNetwork[network, default: 0] >= limit
    else { return true }
    return evictConnections(
      among: connections.values.filter { $0.state.remoteAddress?.network == network })
  }

  /// Makes room by closing the connections that are most easily done without: a few of one kind, the
  /// oldest first.
  func evictConnections(among connections: some Collection<ServerConnection>) -> Bool {
    let candidates = connections.compactMap { connection in
      connection.state.eviction.map { (connection, $0) }
    }
    guard let first = candidates.min(by: { $0.1 < $1.1 }) else { return false }
    let kind = first.1.kind
    // Whoever waits for a request, or sends one, is not closed before there is need.
    guard kind.rawValue < ConnectionStateMachine.Eviction.Kind.idle.rawValue else {
      perform(first.0.state.close(at: now), on: first.0)
      return true
    }
    let ofKind = candidates.filter { $0.1.kind == kind }.sorted { $0.1 < $1.1 }
    for (connection, _) in ofKind.prefix(max(1, connections.count / Self.evictedPart)) {
      perform(connection.state.close(at: now), on: connection)
    }
    return true
  }
}
