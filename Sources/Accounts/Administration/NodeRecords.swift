/// The nodes' rows, for operators.
enum NodeRecords {
  /// Returns a page of the nodes, by their ids.
  static func page(
    after: String?, limit: Int64, in database: any Database
  ) throws(AccountsError) -> [NodeRecord] {
    var filter = SQLFilter()
    if let after { filter.add("n.id >", .text(after)) }
    let rows = try database.run(
      """
      SELECT n.id, n.epoch, n.heartbeat_at, \(database.dialect.now),
        (SELECT count(*) FROM request r WHERE r.state = 'reserved' AND r.node = n.id)
      FROM node n \(filter.clause) ORDER BY n.id LIMIT \(filter.next)
      """, filter.values + [.integer(limit)])
    return try rows.mapped { (row) throws(AccountsError) in
      let heartbeat = try row.timestamp(2)
      return NodeRecord(
        id: try row.text(0), epoch: try row.integer(1), heartbeat: heartbeat,
        isAlive: try heartbeat.adding(seconds: Reservation.leaseSeconds) > row.timestamp(3),
        openRequests: try row.integer(4))
    }
  }
}
