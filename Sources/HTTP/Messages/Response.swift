import Text

/// A handler's response.
public struct Response: Sendable {
  /// A body, whole or produced piece by piece.
  public enum Body: Sendable {
    /// The whole body; the server writes `Content-Length`.
    case bytes([UInt8])
    /// A body sent piece by piece as the closure writes it; the server writes chunks.
    ///
    /// If the closure throws, the connection is cut, so that the client cannot take the part it has
    /// for the whole.
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

  /// A response with any body.
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

/// Writes a streamed body.
///
/// Several tasks may use it at once; their pieces stay whole.
public struct BodyWriter: Sendable {
  private let send: @Sendable ([UInt8]) async throws -> Void

  /// A writer that passes every piece to a closure.
  package init(_ send: @escaping @Sendable ([UInt8]) async throws -> Void) { self.send = send }

  /// Sends a piece and returns once there is room for another.
  /// - Throws: `CancellationError` if the client has left.
  public func write(_ piece: [UInt8]) async throws { try await send(piece) }
}

/// A response's status code.
public struct Status: Hashable, Sendable {
  /// The three digits.
  public let code: Int

  /// The status with this code.
  public init(_ code: Int) { self.code = code }

  /// True if responses of this status never have a body (RFC 9110 §6.4.1).
  var forbidsBody: Bool { code < 200 || code == 204 || code == 304 }

  /// The reason phrase, which clients ignore.
  public var reason: String { Self.reasons[code] ?? "Status" }

  private static let reasons = [
    100: "Continue", 102: "Processing", 200: "OK", 201: "Created", 204: "No Content",
    304: "Not Modified", 400: "Bad Request", 401: "Unauthorized", 402: "Payment Required",
    403: "Forbidden", 404: "Not Found", 405: "Method Not Allowed", 408: "Request Timeout",
    409: "Conflict", 410: "Gone", 413: "Content Too Large", 414: "URI Too Long",
    415: "Unsupported Media Type",
    417: "Expectation Failed", 422: "Unprocessable Content", 429: "Too Many Requests",
    431: "Request Header Fields Too Large",
    500: "Internal Server Error", 501: "Not Implemented", 502: "Bad Gateway",
    503: "Service Unavailable", 504: "Gateway Timeout", 505: "HTTP Version Not Supported",
  ]

  /// 200 OK.
  public static let ok = Status(200)
  /// 400 Bad Request.
  public static let badRequest = Status(400)
  /// 404 Not Found.
  public static let notFound = Status(404)
  /// 405 Method Not Allowed.
  public static let methodNotAllowed = Status(405)
  /// 408 Request Timeout.
  public static let requestTimeout = Status(408)
  /// 410 Gone.
  public static let gone = Status(410)
  /// 413 Content Too Large.
  public static let contentTooLarge = Status(413)
  /// 414 URI Too Long.
  public static let uriTooLong = Status(414)
  /// 417 Expectation Failed.
  public static let expectationFailed = Status(417)
  /// 431 Request Header Fields Too Large.
  public static let requestHeaderFieldsTooLarge = Status(431)
  /// 500 Internal Server Error.
  public static let internalServerError = Status(500)
  /// 501 Not Implemented.
  public static let notImplemented = Status(501)
  /// 503 Service Unavailable.
  public static let serviceUnavailable = Status(503)
  /// 505 HTTP Version Not Supported.
  public static let versionNotSupported = Status(505)
}
