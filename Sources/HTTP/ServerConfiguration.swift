/// What clients may ask of a server, each limit with the default it has in production.
public struct ServerConfiguration: Sendable {
  /// The bytes of a request's line and fields.
  public var maxHeadBytes = 16 << 10
  /// The number of fields in a head.
  public var maxFieldCount = 100
  /// The bytes of a target.
  public var maxTargetBytes = 4 << 10
  /// The bytes of a body whose route does not say.
  public var maxBodyBytes = 50 << 20
  /// The bytes of all bodies in memory together; beyond, bodies wait and then get 503.
  public var maxBufferedBytes = 1 << 30
  /// The connections at one time; beyond, those most easily done without make room, and where all are
  /// being answered, others wait to be accepted.
  public var maxConnections = 4000
  /// The connections of one address at one time, or of one network of version 6; nil for any number.
  ///
  /// Beyond, those of its own make room, and where all are being answered, others are closed. Behind a
  /// proxy, whose address is everybody's, there had better be no such limit.
  public var maxConnectionsPerAddress: Int?

  /// The time for a head once its first byte is here.
  public var headTimeout = Duration.seconds(10)
  /// The time between two pieces of a body.
  public var bodyIdleTimeout = Duration.seconds(15)
  /// The bytes a second that a body must bring, after the first `bodyIdleTimeout`.
  public var minBodyBytesPerSecond = 10 << 10
  /// For how long bytes that came faster may be lived on: memory must not be held by a trickle after
  /// a burst.
  public var maxBodyCredit = Duration.seconds(30)
  /// How long a body waits for memory before it gets 503, unless a younger one waits too: that one is
  /// refused first.
  public var bufferWaitTimeout = Duration.seconds(5)
  /// How long a connection may stay without a request.
  public var idleTimeout = Duration.seconds(60)
  /// How long a client may take none of what is sent to it.
  public var writeTimeout = Duration.seconds(30)
  /// How long idle connections are kept in a drain, since a request may be on its way.
  public var drainIdleTimeout = Duration.milliseconds(1500)

  /// The unsent bytes of a streamed body at which its producer waits.
  public var maxUnsentBytes = 256 << 10
  /// The bytes that are read and dropped after a refusal, so that the client gets to reading it.
  ///
  /// More than the largest body: openai-python's asynchronous client never sees a 413 if the server
  /// stops reading after 4 MB (0 of 20), and its synchronous one only after `lingerIdleTimeout`.
  public var maxLingerBytes = 64 << 20
  /// How long a refused client is read from in all.
  public var lingerTimeout = Duration.seconds(30)
  /// How long it is waited for when it sends nothing more.
  public var lingerIdleTimeout = Duration.seconds(2)

  /// The limits of production.
  public init() {}
}
