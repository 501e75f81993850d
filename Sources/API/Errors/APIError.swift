package import HTTP
internal import Text

/// A failure as clients see it (the HTTP contract, §7).
///
/// Messages name the field, the problem and what is allowed; they hold neither text nor image bytes
/// of the request.
package struct APIError: Error, Sendable, Equatable {
  /// What kind of failure it is.
  package let code: ErrorCode
  /// The status; that of the code unless the protocol itself demands another.
  package let status: Status
  /// What is wrong and what is allowed.
  package let message: String
  /// The field at fault.
  package let parameter: String?
  /// When to try again.
  package var retryAfterSeconds: Double?
  /// Fields that the status requires.
  package var headers: Headers = [:]

  package init(
    _ code: ErrorCode, status: Status? = nil, parameter: String? = nil, _ message: String
  ) {
    self.code = code
    self.status = status ?? code.status
    self.message = message
    self.parameter = parameter
  }

  /// A field's value is not what is allowed.
  static func invalid(_ parameter: String, _ message: String) -> APIError {
    APIError(.invalidRequest, parameter: parameter, message)
  }

  /// A field was given twice.
  static func duplicate(_ name: ByteString) -> APIError {
    .invalid("\(name)", "\(name) is given more than once")
  }

  /// No more work is taken just now.
  static func busy(_ message: String, retryAfterSeconds: Double) -> APIError {
    var error = APIError(.backendBusy, message)
    error.retryAfterSeconds = retryAfterSeconds
    return error
  }

  /// The service cannot render just now.
  static func unavailable(_ message: String, retryAfterSeconds: Double = 5) -> APIError {
    var error = APIError(.backendUnavailable, message)
    error.retryAfterSeconds = retryAfterSeconds
    return error
  }
}

extension APIError {
  /// SDKs ignore a longer `retry-after`, or give up because of it (the HTTP contract, §9).
  private static let longestRetryAfter = 60.0

  /// The object that answers and error events carry.
  var body: JSON {
    [
      "error": [
        "message": .string(message), "type": .string(code.type.rawValue),
        "code": .string(code.rawValue), "param": parameter.map { .string($0) } ?? .null,
      ]
    ]
  }

  /// The answer.
  package var response: Response {
    var headers = headers
    headers["content-type"] = "application/json"
    if let retryAfterSeconds {
      let seconds = min(max(retryAfterSeconds, 0.001), Self.longestRetryAfter)
      headers["retry-after"] = ByteString("\(Int(seconds.rounded(.up)))")
      headers["retry-after-ms"] = ByteString("\(Int((seconds * 1000).rounded(.up)))")
    }
    if let shouldRetry = code.shouldRetry {
      headers["x-should-retry"] = shouldRetry ? "true" : "false"
    }
    if code == .authentication { headers["www-authenticate"] = "Bearer" }
    return Response(status, headers: headers, body: .bytes(body.bytes))
  }
}
