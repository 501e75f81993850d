/// Removes rows that nothing needs any more.
enum Sweep {
  /// The most rows that one run removes, so that others do not wait for it.
  private static let capacity: Int64 = 5000

  /// The property with the time before which ended requests may have been removed.
  static let sweptProperty = "requests_swept_until"

  /// Removes kept answers that have expired, and the record of requests in progress longer than that.
  static func removeAnswers(in database: any Database) throws(AccountsError) {
    try database.run(
      """
      DELETE FROM replay WHERE request_id IN (
        SELECT p.request_id FROM replay p LEFT JOIN request r ON r.id = p.request_id
        WHERE p.expires_at <= \(database.dialect.now) AND (r.id IS NULL OR r.state <> 'reserved')
        ORDER BY p.expires_at LIMIT $1)
      """, [.integer(capacity)])
  }

  /// Removes requests that ended long ago and whose answer is not kept; their charges stay in the ledger.
  static func removeRequests(
    olderThanSeconds seconds: Int64, in database: any Database
  ) throws(AccountsError) {
    let horizon = try database.now().adding(seconds: -seconds)
    let removed = try database.run(
      """
      DELETE FROM request WHERE id IN (
        SELECT r.id FROM request r LEFT JOIN replay p ON p.request_id = r.id
        WHERE r.done_at < $1 AND p.request_id IS NULL ORDER BY r.done_at LIMIT $2)
      RETURNING id
      """, [.time(horizon), .integer(capacity)])
    guard !removed.isEmpty else { return }
    try database.setProperty(
      sweptProperty, Array("\(horizon.microseconds)".utf8))
  }
}
