/// The leases of reservations, by which those of a node that vanished are refunded.
enum Leases {
  /// A reservation that is to be reclaimed.
  private static let columns = "SELECT id, account_id FROM request WHERE state = 'reserved' AND"
  /// The most that one operation reclaims, since it locks their accounts.
  private static let batchCapacity: Int64 = 100

  /// Records the start of a node.
  /// - Returns: Its identity, with an epoch that it has not had before.
  static func start(
    node: String, in database: any Database
  ) throws(AccountsError) -> NodeIdentity {
    let rows = try database.run(
      """
      INSERT INTO node (id, epoch, heartbeat_at) VALUES ($1, 1, \(database.dialect.now))
      ON CONFLICT (id) DO UPDATE SET epoch = node.epoch + 1, heartbeat_at = excluded.heartbeat_at
      RETURNING epoch
      """, [.text(node)])
    guard let row = rows.first else { throw SQLRow.damaged("the node's epoch") }
    return NodeIdentity(id: node, epoch: try row.integer(0))
  }

  /// Records that a node is alive; returns false if its id has been started anew.
  static func beat(_ node: NodeIdentity, in database: any Database) throws(AccountsError) -> Bool {
    try !database.run(
      """
      UPDATE node SET heartbeat_at = \(database.dialect.now) WHERE id = $1 AND epoch = $2 RETURNING id
      """, [.text(node.id), .integer(node.epoch)]
    ).isEmpty
  }

  /// Extends the leases of reservations.
  /// - Returns: Those that are no longer open: reclaimed, or ended.
  static func renew(
    _ reservations: [Reservation], in database: any Database
  ) throws(AccountsError) -> [Reservation] {
    var lost: [Reservation] = []
    for reservation in reservations {
      let rows = try database.run(
        """
        UPDATE request SET lease_until = \(database.dialect.now) + $1
        WHERE id = $2 AND state = 'reserved' RETURNING id
        """, [.integer(Reservation.leaseSeconds * 1_000_000), .text(reservation.id)])
      if rows.isEmpty { lost.append(reservation) }
    }
    return lost
  }

  /// Reservations whose lease has run out.
  static func expired(in database: any Database) throws(AccountsError) -> [Reservation] {
    try reservations(
      database.run(
        "\(columns) lease_until <= \(database.dialect.now) ORDER BY lease_until LIMIT $1",
        [.integer(batchCapacity)]))
  }

  /// Reservations of a node's earlier starts.
  static func earlier(
    than node: NodeIdentity, in database: any Database
  ) throws(AccountsError) -> [Reservation] {
    try reservations(
      database.run(
        "\(columns) node = $1 AND epoch < $2 LIMIT $3",
        [.text(node.id), .integer(node.epoch), .integer(batchCapacity)]))
  }

  /// Refunds reservations whose accounts' locks are held, unless they were renewed or ended meanwhile.
  /// - Parameter isExpired: True if only those count whose lease has run out.
  /// - Returns: The number of those refunded.
  static func reclaim(
    _ reservations: [Reservation], isExpired: Bool, in database: any Database
  ) throws(AccountsError) -> Int {
    var count = 0
    for reservation in reservations {
      let rows = try database.run(
        "SELECT lease_until, \(database.dialect.now) FROM request WHERE id = $1",
        [.text(reservation.id)])
      guard let row = rows.first else { continue }
      let hasRunOut = try row.timestamp(0) <= row.timestamp(1)
      guard hasRunOut || !isExpired,
        let settlement = try Settlement(request: reservation.id, in: database)
      else { continue }
      try settlement.refund(isExpired ? "lease_expired" : "node_restarted")
      count += 1
    }
    return count
  }

  private static func reservations(_ rows: [SQLRow]) throws(AccountsError) -> [Reservation] {
    var found: [Reservation] = []
    for row in rows {
      found.append(Reservation(id: try row.text(0), account: try row.text(1)))
    }
    return found
  }
}
