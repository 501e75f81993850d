package import HTTP

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
  case unsupportedMediaType = "unsupported_media_type"
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

  /// The status that answers it.
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
    case .requestTooLarge: .contentTooLarge
    case .unsupportedMediaType: Status(415)
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

  /// Whether a client should try again, where the rule of SDKs by the status would be wrong: another
  /// render would be as late, and the day's limit does not pass while they wait.
  package var shouldRetry: Bool? {
    switch self {
    case .dayLimitExceeded, .backendTimeout: false
    default: nil
    }
  }
}
