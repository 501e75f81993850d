package import HTTP
import JSON
import Text

/// A failure as clients see it (the HTTP contract, §7).
///
/// Messages name the field, the problem and what is allowed; they hold neither text nor image bytes
/// of the request.
package struct APIError: Error, Sendable, Equatable {
  /// The kind of failure.
  package let code: ErrorCode
  /// The status: the code's, unless HTTP demands another.
  package let status: Status
  /// A description for people: the fault, and the values that are allowed.
  package let message: String
  /// The field at fault.
  package let parameter: String?
  /// The time after which a client should try again.
  package var retryAfterSeconds: Double?
  /// Header fields that the status requires.
  package var headers: Headers = [:]

  package init(
    _ code: ErrorCode, status: Status? = nil, parameter: String? = nil, _ message: String
  ) {
    self.code = code
    self.status = status ?? code.status
    self.message = message
    self.parameter = parameter
  }

  /// A field has a value that is not allowed.
  static func invalid(_ parameter: String, _ message: String) -> APIError {
    APIError(.invalidRequest, parameter: parameter, message)
  }

  /// A field was given twice.
  static func duplicate(_ name: ByteString) -> APIError {
    .invalid("\(name)", "\(name) is given more than once")
  }

  /// The service accepts no more work at the moment.
  static func busy(_ message: String, retryAfterSeconds: Double) -> APIError {
    var error = APIError(.backendBusy, message)
    error.retryAfterSeconds = min(retryAfterSeconds, longestEstimate)
    return error
  }

  /// The service cannot render at the moment.
  static func unavailable(_ message: String, retryAfterSeconds: Double = 5) -> APIError {
    var error = APIError(.backendUnavailable, message)
    error.retryAfterSeconds = min(retryAfterSeconds, longestEstimate)
    return error
  }
}

extension APIError {
  /// The longest time to wait that is told where that is an estimate.
  ///
  /// SDKs ignore a longer `retry-after`, or give up because of it (the HTTP contract, §9).
  private static let longestEstimate = 60.0

  /// The object that responses and error events carry.
  var body: JSONValue {
    [
      "error": [
        "message": .string(message), "type": .string(code.type.rawValue),
        "code": .string(code.rawValue), "param": parameter.map { .string($0) } ?? .null,
      ]
    ]
  }

  /// The response.
  package var response: Response {
    var headers = headers
    headers["content-type"] = "application/json"
    if let retryAfterSeconds {
      let seconds = max(retryAfterSeconds, 0.001)
      headers["retry-after"] = ByteString("\(Int(seconds.rounded(.up)))")
      headers["retry-after-ms"] = ByteString("\(Int((seconds * 1000).rounded(.up)))")
    }
    if let shouldRetry = code.shouldRetry {
      headers["x-should-retry"] = shouldRetry ? "true" : "false"
    }
    if code == .authentication { headers["www-authenticate"] = "Bearer" }
    return Response(status, headers: headers, body: .bytes(body.bytes()))
  }
}

/// The kinds of failure that clients can tell apart (the HTTP contract, §7).
package enum ErrorCode: String, CaseIterable, Sendable {
  case invalidRequest = "invalid_request_error"
  case modelNotFound = "model_not_found"
  case invalidBase64 = "invalid_base64"
  case invalidImage = "invalid_image"
  case unsupportedImageFormat = "unsupported_image_format"
  case imageTooLarge = "image_too_large"
  case authentication = "authentication_error"
  case insufficientQuota = "insufficient_quota"
  case accountSuspended = "account_suspended"
  case emailNotVerified = "email_not_verified"
  case permission = "permission_error"
  case notFound = "not_found"
  case methodNotAllowed = "method_not_allowed"
  case requestTooLarge = "request_too_large"
  case requestInProgress = "request_in_progress"
  case unsupportedMediaType = "unsupported_media_type"
  case idempotencyMismatch = "idempotency_mismatch"
  case minuteLimitExceeded = "rpm_exceeded"
  case dayLimitExceeded = "rpd_exceeded"
  case concurrencyExceeded = "concurrency_exceeded"
  case backendBusy = "backend_busy"
  case internalError = "internal_error"
  case backendError = "backend_error"
  case backendUnavailable = "backend_unavailable"
  case backendTimeout = "backend_timeout"

  /// The groups by which SDKs choose an exception.
  package enum Kind: String, Sendable {
    case invalidRequest = "invalid_request_error"
    case authentication = "authentication_error"
    case insufficientQuota = "insufficient_quota"
    case permission = "permission_error"
    case requestTooLarge = "request_too_large"
    case rateLimit = "rate_limit_error"
    case backend = "backend_error"
    case backendUnavailable = "backend_unavailable"
    case backendTimeout = "backend_timeout"
  }

  /// The status of the response.
  package var status: Status {
    switch self {
    case .invalidRequest, .modelNotFound, .invalidBase64, .invalidImage, .unsupportedImageFormat,
      .imageTooLarge:
      .badRequest
    case .authentication: Status(401)
    case .insufficientQuota: Status(402)
    case .accountSuspended, .emailNotVerified, .permission: Status(403)
    case .notFound: .notFound
    case .methodNotAllowed: .methodNotAllowed
    case .requestInProgress: Status(409)
    case .requestTooLarge: .contentTooLarge
    case .unsupportedMediaType: Status(415)
    case .idempotencyMismatch: Status(422)
    case .minuteLimitExceeded, .dayLimitExceeded, .concurrencyExceeded, .backendBusy: Status(429)
    case .internalError: .internalServerError
    case .backendError: Status(502)
    case .backendUnavailable: .serviceUnavailable
    case .backendTimeout: Status(504)
    }
  }

  /// The group it belongs to.
  package var type: Kind {
    switch self {
    case .authentication: .authentication
    case .insufficientQuota: .insufficientQuota
    case .accountSuspended, .emailNotVerified, .permission: .permission
    case .requestTooLarge: .requestTooLarge
    case .minuteLimitExceeded, .dayLimitExceeded, .concurrencyExceeded, .backendBusy: .rateLimit
    case .internalError, .backendError: .backend
    case .backendUnavailable: .backendUnavailable
    case .backendTimeout: .backendTimeout
    default: .invalidRequest
    }
  }

  /// False where the same request would be refused again: another render would be as late, a day's limit
  /// does not pass while SDKs wait, and neither credit nor an account comes back by itself.
  package var shouldRetry: Bool? {
    switch self {
    case .dayLimitExceeded, .backendTimeout, .insufficientQuota, .accountSuspended,
      .idempotencyMismatch:
      false
    default: nil
    }
  }
}
