/// A process that serves from the store, or did.
public struct NodeRecord: Sendable, Equatable {
  /// Its id.
  public let id: String
  /// How often it was started.
  public let epoch: Int64
  /// The time of its last sign of life.
  public let heartbeat: Timestamp
  /// False if it has given no sign of life for as long as a lease lasts.
  public let isAlive: Bool
  /// Its requests in progress.
  public let openRequests: Int64
}
