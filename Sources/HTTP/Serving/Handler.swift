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
