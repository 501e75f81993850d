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

extension RemoteAddress {
  /// What one client has: an address of version 4, or the 64 bits that a network of version 6 has
  /// (RFC 6177); nil for this machine's processes, which come through a file.
  var network: IPAddress? {
    switch self {
    case .ip(let address): address.isVersion4 ? address : address.prefix(64)
    case .unix: nil
    }
  }
}
