/// Keeps the bodies of answers that may be asked for again, by the id of the request that was answered.
///
/// A body is staged before the transaction that refers to it, and attached in it: a file is written
/// when it is staged, a row when it is attached.
package protocol ResultBodies: Sendable {
  /// Prepares a body; durable when it returns, if it is no part of the database.
  func stage(_ body: [UInt8], of request: String) throws(AccountsError)
  /// Stores a body in the transaction that refers to it, if it is a part of the database.
  func attach(_ body: [UInt8], of request: String, in database: any Database) throws(AccountsError)
  /// Reads a body; nil if there is none.
  func body(of request: String, from database: any Database) throws(AccountsError) -> [UInt8]?
  /// Removes the bodies that no row of `replay` refers to; those that were only just staged stay.
  func sweep(in database: any Database) throws(AccountsError)
}
