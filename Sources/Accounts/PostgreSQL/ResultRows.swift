/// Bodies of answers as rows of the database, so that every node can give them.
struct ResultRows: ResultBodies {
  /// The most rows that one run removes.
  private static let sweepCapacity: Int64 = 1000

  func stage(_ body: [UInt8], of request: String) {}

  func attach(
    _ body: [UInt8], of request: String, in database: any Database
  ) throws(AccountsError) {
    try database.queue(
      """
      INSERT INTO result_body (request_id, body) VALUES ($1, $2)
      ON CONFLICT (request_id) DO UPDATE SET body = excluded.body
      """, [.text(request), .blob(body)])
  }

  func body(of request: String, from database: any Database) throws(AccountsError) -> [UInt8]? {
    try database.run("SELECT body FROM result_body WHERE request_id = $1", [.text(request)])
      .first?.blob(0)
  }

  func sweep(in database: any Database) throws(AccountsError) {
    try database.run(
      """
      DELETE FROM result_body WHERE request_id IN (
        SELECT b.request_id FROM result_body b
        LEFT JOIN replay p ON p.request_id = b.request_id
        WHERE p.request_id IS NULL LIMIT $1)
      """, [.integer(Self.sweepCapacity)])
  }
}
