extension ConnectionStateMachine {
  /// A connection's rank in the order of eviction; the least is closed first.
  package struct Eviction: Comparable, Sendable {
    /// The kinds of connection that may be closed, in the order of eviction.
    package enum Kind: Int, Sendable {
      /// It has had its last answer.
      case lingering
      /// It is within a head, for which no work has been done yet.
      case head
      /// It waits between requests.
      case idle
      /// It is within a body.
      case body
    }

    let kind: Kind
    /// The order within a kind: the oldest goes first; of bodies, the slowest.
    let since: Instant

    package static func < (first: Eviction, second: Eviction) -> Bool {
      (first.kind.rawValue, first.since) < (second.kind.rawValue, second.since)
    }
  }

  /// The connection's rank in the order of eviction; nil while its request is being answered.
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
  /// One in 64 connections is evicted at once, so that the search costs each new connection little.
  private static let evictedShare = 64

  /// Evicts connections if there is no room for another; returns whether there is now.
  func makeRoom() -> Bool {
    connections.count < configuration.maxConnections || evictConnections(among: connections.values)
  }

  /// Evicts connections of an address if it has as many as it may; returns whether it may have another
  /// now.
  ///
  /// Otherwise idle connections would shut out other clients behind the same address.
  func makeRoom(for remote: RemoteAddress) -> Bool {
    guard let limit = configuration.maxConnectionsPerAddress, let network = remote.network,
      connectionsPerNetwork[network, default: 0] >= limit
    else { return true }
    return evictConnections(
      among: connections.values.filter { $0.state.remoteAddress?.network == network })
  }

  /// Closes some of the connections that may be evicted: of the first kind there is, the oldest.
  /// - Returns: False if none may be closed.
  func evictConnections(among connections: some Collection<ServerConnection>) -> Bool {
    let candidates = connections.compactMap { connection in
      connection.state.eviction.map { (connection, $0) }
    }
    guard let first = candidates.min(by: { $0.1 < $1.1 }) else { return false }
    let kind = first.1.kind
    // Connections that are idle or send a body are closed one at a time, only as needed.
    guard kind.rawValue < ConnectionStateMachine.Eviction.Kind.idle.rawValue else {
      perform(first.0.state.close(at: now), on: first.0)
      return true
    }
    let ofKind = candidates.filter { $0.1.kind == kind }.sorted { $0.1 < $1.1 }
    for (connection, _) in ofKind.prefix(max(1, connections.count / Self.evictedShare)) {
      perform(connection.state.close(at: now), on: connection)
    }
    return true
  }
}
