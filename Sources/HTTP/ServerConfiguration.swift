/// The limits and timeouts of a server, each with its default in production.
public struct ServerConfiguration: Sendable {
  /// The largest request line and fields together, in bytes; larger ones get 431.
  public var maxHeadBytes = 16 << 10
  /// The largest number of fields in a head; more get 431.
  public var maxFieldCount = 100
  /// The longest request target in bytes; longer ones get 414.
  public var maxTargetBytes = 4 << 10
  /// The largest body in bytes where the route sets no limit of its own; larger ones get 413.
  public var maxBodyBytes = 50 << 20
  /// The memory for all buffered bodies together, in bytes; beyond it bodies wait, then get 503.
  public var maxBufferedBytes = 1 << 30
  /// The largest number of open connections; beyond it some are evicted, and while all are being
  /// answered, new ones wait in the listener's backlog.
  public var maxConnections = 4000
  /// The largest number of open connections of one IPv4 address or IPv6 /64; nil for any number.
  ///
  /// Beyond it some of the address's own are evicted, and while all are being answered, new ones are
  /// closed. Behind a proxy, which has one address for all clients, there should be no such limit.
  public var maxConnectionsPerAddress: Int?

  /// The time for a head from its first byte to its last; beyond it the client gets 408.
  public var headTimeout = Duration.seconds(10)
  /// The longest pause within a body; beyond it the client gets 408.
  public var bodyIdleTimeout = Duration.seconds(15)
  /// The lowest rate of a body in bytes a second, after the first `bodyIdleTimeout`.
  public var minBodyBytesPerSecond = 10 << 10
  /// The longest time for which a body that came faster than the lowest rate may then pause, so that a
  /// burst followed by a trickle does not hold memory.
  public var maxBodyCredit = Duration.seconds(30)
  /// The longest wait of a body for memory before it gets 503; if several wait, the youngest is refused
  /// first.
  public var bufferWaitTimeout = Duration.seconds(5)
  /// The time after which a connection without a request is closed.
  public var idleTimeout = Duration.seconds(60)
  /// The time after which a client that reads nothing of its answer is disconnected.
  public var writeTimeout = Duration.seconds(30)
  /// The time that idle connections are kept open in a drain, since a request may be on its way.
  public var drainIdleTimeout = Duration.milliseconds(1500)

  /// The high-water mark of a streamed body: above this many unsent bytes its producer waits.
  public var maxUnsentBytes = 256 << 10
  /// The most bytes that are read and dropped after a refusal, so that the client gets to read it.
  ///
  /// More than the largest body: openai-python's asynchronous client never sees a 413 if the server
  /// stops reading after 4 MB (0 of 20), and its synchronous one only after `lingerIdleTimeout`.
  public var maxLingerBytes = 64 << 20
  /// The longest time for which a refused client's bytes are read and dropped.
  public var lingerTimeout = Duration.seconds(30)
  /// The longest pause of a refused client before its connection is closed.
  public var lingerIdleTimeout = Duration.seconds(2)

  /// The defaults.
  public init() {}
}
