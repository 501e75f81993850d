internal import Text

/// What a handler answers.
public struct Response: Sendable {
  /// The body: whole, or produced piece by piece.
  public enum Body: Sendable {
    /// All of it; the server writes `Content-Length`.
    case bytes([UInt8])
    /// Pieces as they become ready; the server writes chunks.
    ///
    /// Throwing cuts the connection, so that the client cannot take the part it has for the whole.
    case stream(@Sendable (BodyWriter) async throws -> Void)
  }

  /// The status.
  public var status: Status
  /// The fields.
  ///
  /// The server itself sets those that frame the message or concern the connection:
  /// `Content-Length`, `Transfer-Encoding`, `Connection`, `Date`.
  public var headers: Headers
  /// The body.
  public var body: Body

  /// A response from its parts.
  public init(_ status: Status, headers: Headers = [:], body: Body = .bytes([])) {
    self.status = status
    self.headers = headers
    self.body = body
  }

  /// A plain-text response.
  public init(_ status: Status, headers: Headers = [:], text: String) {
    var headers = headers
    headers["content-type"] = "text/plain; charset=utf-8"
    self.init(status, headers: headers, body: .bytes(Array(text.utf8)))
  }
}
