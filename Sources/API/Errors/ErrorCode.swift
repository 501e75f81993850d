internal import HTTP

/// The kinds of failure that clients can tell apart (the HTTP contract, §7).
enum ErrorCode: String, CaseIterable, Sendable {
  case invalidRequest = "invalid_request_error"
  case modelNotFound = "model_not_found"
  case invalidBase64 = "invalid_base64"
  case invalidImage = "invalid_image"
  case unsupportedImageFormat = "unsupported_image_format"
  case imageTooLarge = "image_too_large"
  case authentication = "authentication_error"
  case notFound = "not_found"
  case methodNotAllowed = "method_not_allowed"
  case requestTooLarge = "request_too_large"
  case unsupportedMediaType = "unsupported_media_type"
  case backendBusy = "backend_busy"
  case internalError = "internal_error"
  case backendUnavailable = "backend_unavailable"
  case backendTimeout = "backend_timeout"

  /// The groups by which SDKs choose an exception.
  enum Kind: String, Sendable {
    case invalidRequest = "invalid_request_error"
    case authentication = "authentication_error"
    case requestTooLarge = "request_too_large"
    case rateLimit = "rate_limit_error"
    case backend = "backend_error"
    case backendUnavailable = "backend_unavailable"
    case backendTimeout = "backend_timeout"
  }

  /// The status that answers it.
  var status: Status {
    switch self {
    case .invalidRequest, .modelNotFound, .invalidBase64, .invalidImage, .unsupportedImageFormat,
      .imageTooLarge:
      .badRequest
    case .authentication: Status(401)
    case .notFound: .notFound
    case .methodNotAllowed: .methodNotAllowed
    case .requestTooLarge: .contentTooLarge
    case .unsupportedMediaType: Status(415)
    case .backendBusy: Status(429)
    case .internalError: .internalServerError
    case .backendUnavailable: .serviceUnavailable
    case .backendTimeout: Status(504)
    }
  }

  /// The group it belongs to.
  var type: Kind {
    switch self {
    case .authentication: .authentication
    case .requestTooLarge: .requestTooLarge
    case .backendBusy: .rateLimit
    case .internalError: .backend
    case .backendUnavailable: .backendUnavailable
    case .backendTimeout: .backendTimeout
    default: .invalidRequest
    }
  }
}
