/// The application that a server serves.
///
/// The event loop calls `admit` once it has a request's head and before it reads the body, so
/// `admit` must return within microseconds. A decision that takes longer is `deferred`: it is still
/// made before the body, but in a task of its own. Work that needs the body belongs in the responder,
/// which runs in a task once the whole body has been read. These tasks are cancelled when the client
/// leaves.
public protocol Handler: Sendable {
  /// Refuses or answers a request at once, or accepts its body.
  /// - Throws: Any error; `response(to:for:number:)` turns it into a response.
  func admit(_ head: RequestHead) throws -> Admission

  /// Returns the response to an error of `admit` or a responder, or to a `HTTPError` of the server.
  /// - Parameters:
  ///   - head: The request's head; nil if it could not be read.
  ///   - number: The number of the exchange, as in its record.
  func response(to error: any Error, for head: RequestHead?, number: UInt64) -> Response

  /// Receives the record of a finished exchange, on the event loop; for logs and metrics.
  func finished(_ record: ExchangeRecord)
}

/// The decision about a request whose head has been read.
public enum Admission: Sendable {
  /// Answer now. If the body has not arrived yet, the connection closes after the answer, so that the
  /// body is never read as another request.
  case respond(Response)
  /// Read a body of up to `bodyLimit` bytes (`ServerConfiguration.maxBodyBytes` if nil), then run the
  /// responder.
  case accept(bodyLimit: Int? = nil, Responder)
  /// Decide off the event loop; meanwhile the body is not read and no `100 Continue` is sent.
  case deferred(Decision)

  /// Makes a deferred decision, in a task that is cancelled when the client leaves.
  public typealias Decision = @Sendable () async throws -> Admission
}

/// Answers a whole request, in a task that is cancelled when the client leaves.
public typealias Responder = @Sendable (Request, Exchange) async throws -> Response

extension Handler {
  /// Answers a `HTTPError` with its detail as plain text, and any other error with 500 and no detail.
  public func response(
    to error: any Error, for head: RequestHead?, number: UInt64
  ) -> Response {
    guard let error = error as? HTTPError else {
      return Response(.internalServerError, text: "Internal Server Error\n")
    }
    return Response(error.status, headers: error.headers, text: error.detail + "\n")
  }

  /// Ignores the record.
  public func finished(_ record: ExchangeRecord) {}
}

/// The running exchange, for a responder that wants to send interim responses.
public struct Exchange: Sendable {
  private let interim: @Sendable (Status) -> Void

  /// An exchange that passes interim responses to a closure; by default they are dropped.
  package init(interim: @escaping @Sendable (Status) -> Void = { _ in }) { self.interim = interim }

  /// Sends `102 Processing`, which keeps clients that understand it from giving up.
  public func sendProcessing() { interim(Status(102)) }
}

/// The record of one exchange, for logs and metrics.
public struct ExchangeRecord: Sendable {
  /// The request's head; nil if it could not be read.
  public internal(set) var head: RequestHead?
  /// The number of the exchange, unique in this process; equal to `head.number`.
  public internal(set) var number: UInt64 = 0
  /// The client's address; nil without a socket.
  public let remoteAddress: RemoteAddress?
  /// The status of the answer; nil if the client left before it.
  public internal(set) var status: Status?
  /// The bytes read of the request's body.
  public internal(set) var requestBytes = 0
  /// The bytes of the answer, head and chunk framing included.
  public internal(set) var responseBytes = 0
  /// True if the kernel took the whole answer before the client left.
  public internal(set) var isDelivered = false
  /// The time of the request's first byte.
  public let startedAt: ContinuousClock.Instant
  /// The time at which the kernel took the answer's last byte, or the client left.
  public internal(set) var finishedAt: ContinuousClock.Instant

  init(startedAt: ContinuousClock.Instant, remoteAddress: RemoteAddress?) {
    self.remoteAddress = remoteAddress
    self.startedAt = startedAt
    finishedAt = startedAt
  }
}
