/// What a server serves.
///
/// `admit` is asked once a request's head is here and none of its body has been awaited, on the
/// event loop, so it must return within microseconds. What takes longer is `deferred`: it still
/// decides before the body, but in a task of its own. Whatever needs the body belongs in the
/// responder, which runs in a task once the whole body is here. These tasks are cancelled when the
/// client leaves.
public protocol Handler: Sendable {
  /// Refuses or answers a request at once, or accepts its body.
  /// - Throws: Anything that `response(to:for:number:)` can word, such as a `HTTPError`.
  func admit(_ head: RequestHead) throws -> Admission

  /// The answer to an error: of `admit`, of a responder, or a `HTTPError` that the server itself found.
  /// - Parameters:
  ///   - head: The request's head; nil when it could not be read.
  ///   - number: The exchange's, as its record will have it.
  func response(to error: any Error, for head: RequestHead?, number: UInt64) -> Response

  /// Learns what became of an exchange, on the event loop; for logs and metrics.
  func finished(_ record: ExchangeRecord)
}

/// What becomes of a request once its head is known.
public enum Admission: Sendable {
  /// Answer now. A body that is not here yet is never read as a request: the connection closes.
  case respond(Response)
  /// Read a body of up to so many bytes (`ServerConfiguration.maxBodyBytes` if nil), then ask the responder.
  case accept(bodyLimit: Int? = nil, Responder)
  /// Decide off the event loop, while nothing of the body is read and no `100 Continue` is sent.
  case deferred(Decision)

  /// Decides about a request, in a task that is cancelled when the client leaves.
  public typealias Decision = @Sendable () async throws -> Admission
}

/// Answers a whole request, in a task that is cancelled when the client leaves.
public typealias Responder = @Sendable (Request, Exchange) async throws -> Response

extension Handler {
  /// Plain text for a `HTTPError`, and nothing but the status for any other error.
  public func response(
    to error: any Error, for head: RequestHead?, number: UInt64
  ) -> Response {
    guard let error = error as? HTTPError else {
      return Response(.internalServerError, text: "Internal Server Error\n")
    }
    return Response(error.status, headers: error.headers, text: error.detail + "\n")
  }

  /// Keeps no record.
  public func finished(_ record: ExchangeRecord) {}
}

/// What a responder can do while its request runs.
public struct Exchange: Sendable {
  private let interim: @Sendable (Status) -> Void

  /// An exchange that passes interim responses on; by default it drops them.
  package init(interim: @escaping @Sendable (Status) -> Void = { _ in }) { self.interim = interim }

  /// Sends `102 Processing`, which keeps clients that understand it from giving up.
  public func sendProcessing() { interim(Status(102)) }
}

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
