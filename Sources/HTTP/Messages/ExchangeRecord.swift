/// What one exchange came to, for logs and metrics.
public struct ExchangeRecord: Sendable {
  /// The request's head; nil when it could not be read.
  public internal(set) var head: RequestHead?
  /// A number that no other exchange of this process has; the head's, where there is one.
  public internal(set) var number: UInt64 = 0
  /// Who sent the request; nil where there was no socket.
  public let remoteAddress: RemoteAddress?
  /// The status answered; nil when the client left before an answer.
  public internal(set) var status: Status?
  /// The bytes of the request's body that were accepted.
  public internal(set) var requestBytes = 0
  /// The bytes of the answer, its head and chunk marks included.
  public internal(set) var responseBytes = 0
  /// Whether the kernel took the whole answer before the client left.
  public internal(set) var isDelivered = false
  /// When the first byte of the request came.
  public let startedAt: ContinuousClock.Instant
  /// When the last byte of the answer was taken, or the client left.
  public internal(set) var finishedAt: ContinuousClock.Instant

  init(startedAt: ContinuousClock.Instant, remoteAddress: RemoteAddress?) {
    self.remoteAddress = remoteAddress
    self.startedAt = startedAt
    finishedAt = startedAt
  }
}
