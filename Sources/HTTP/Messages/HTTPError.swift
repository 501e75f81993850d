public import Text

/// An error of this module: a code that maps to a status, and a detail that may be shown to the peer.
///
/// The detail names a limit, a field or an offset; it never holds a header's value or body bytes.
public struct HTTPError: Error, Equatable, Sendable {
  /// The kinds of error.
  public enum Code: Equatable, Sendable {
    /// The bytes are not a request that has exactly one reading.
    case malformed
    /// The request line and fields exceed their limits.
    case headTooLarge
    /// The target exceeds its limit.
    case targetTooLong
    /// The body exceeds the limit of its route.
    case bodyTooLarge
    /// A multipart part exceeds its limit; `part` is the part's name.
    case partTooLarge(part: ByteString)
    /// A transfer coding other than `chunked`.
    case unsupportedTransferCoding
    /// Neither HTTP/1.1 nor HTTP/1.0.
    case unsupportedVersion
    /// An `Expect` other than `100-continue`.
    case unmetExpectation
    /// No route has this path.
    case notFound
    /// The path exists for other methods.
    case methodNotAllowed(allowed: [Method])
    /// The peer took too long to send its request.
    case timeout
    /// The memory for buffered bodies is exhausted.
    case overloaded
    /// A call of the operating system failed with this `errno`.
    case system(errno: Int32)
  }

  /// The kind of error.
  public let code: Code
  /// The cause, in words that may be shown to the peer.
  public let detail: String

  /// An error with its detail.
  public init(_ code: Code, _ detail: String) {
    self.code = code
    self.detail = detail
  }

  /// Returns the error of a request that does not have exactly one reading.
  static func malformed(_ detail: String) -> HTTPError { HTTPError(.malformed, detail) }

  /// The status of the response to this error.
  public var status: Status {
    switch code {
    case .malformed: .badRequest
    case .headTooLarge: .requestHeaderFieldsTooLarge
    case .targetTooLong: .uriTooLong
    case .bodyTooLarge, .partTooLarge: .contentTooLarge
    case .unsupportedTransferCoding: .notImplemented
    case .unsupportedVersion: .versionNotSupported
    case .unmetExpectation: .expectationFailed
    case .notFound: .notFound
    case .methodNotAllowed: .methodNotAllowed
    case .timeout: .requestTimeout
    case .overloaded: .serviceUnavailable
    case .system: .internalServerError
    }
  }

  /// The fields that the status requires, which are `Allow` with 405.
  public var headers: Headers {
    guard case .methodNotAllowed(let allowed) = code else { return [:] }
    return ["allow": allowed.map { "\($0.name)" }.joined(separator: ", ")]
  }
}
