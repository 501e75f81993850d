import Accounts
import HTTP
import Imaging
import Rendering
import Text

/// Maps the errors of the modules below to what clients see.
extension APIError {
  /// Returns the answer to an error; an unmapped one is answered with its request's id alone.
  static func answering(_ error: any Error, requestID: String) -> APIError {
    APIError(mapping: error) ?? .unexpected(id: requestID)
  }

  /// Maps an error; nil for an internal one, of which no client may see details.
  package init?(mapping error: any Error) {
    switch error {
    case let error as APIError: self = error
    case let error as HTTPError: self.init(error)
    case let error as RenderError: self.init(error)
    case let error as AccountsError: self.init(error)
    case let refusal as RenderService.Refusal: self.init(refusal)
    // The client has left: nobody reads this.
    case is CancellationError: self = .unavailable("the request was cancelled")
    default: return nil
    }
  }

  /// An internal error: the message has the id under which the log has the details.
  package static func unexpected(id: String) -> APIError {
    APIError(.internalError, "something went wrong here; the operator finds it as \(id)")
  }

  /// An image that cannot be used.
  /// - Parameter name: What it is called in the message, as `image 1`.
  init(_ error: ImagingError, parameter: String, name: String) {
    let code: ErrorCode =
      switch error.code {
      case .unsupportedFormat: .unsupportedImageFormat
      case .tooLarge: .imageTooLarge
      case .invalid: .invalidImage
      case .invalidText, .encodingFailed: .internalError
      }
    self.init(code, parameter: parameter, "\(name): \(error.message)")
  }

  private init(_ error: HTTPError) {
    let code: ErrorCode
    switch error.code {
    case .notFound: code = .notFound
    case .methodNotAllowed: code = .methodNotAllowed
    case .bodyTooLarge, .headTooLarge, .targetTooLong: code = .requestTooLarge
    case .partTooLarge(let part):
      self.init(.invalidRequest, parameter: "\(part)", "\(part): \(error.detail)")
      return
    case .overloaded:
      self = .unavailable(error.detail)
      return
    case .system: code = .internalError
    case .malformed, .unsupportedTransferCoding, .unsupportedVersion, .unmetExpectation, .timeout:
      code = .invalidRequest
    }
    self.init(code, status: error.status, error.detail)
    headers = error.headers
    // Serving GET includes HEAD.
    if let allowed = headers["allow"],
      allowed.split(on: ",").contains(where: { $0.trimmed == "GET" })
    {
      headers["allow"] = ByteString("\(allowed), HEAD")
    }
  }

  private init?(_ error: RenderError) {
    switch error.code {
    case .invalidRequest:
      self.init(.invalidRequest, parameter: error.parameter?.name, error.message)
    case .invalidImage: self.init(.invalidImage, parameter: error.parameter?.name, error.message)
    default: return nil
    }
  }

  private init?(_ error: AccountsError) {
    switch error.code {
    case .unauthenticated: self.init(.authentication, error.message)
    case .storeUnavailable, .contention:
      self = .unavailable("keys and limits cannot be checked just now")
    case .answerLost:
      self.init(
        .internalError,
        "this repeats a request that was charged, and its kept answer is lost or damaged; a new "
          + "Idempotency-Key renders anew, and costs again")
    case .newerSchema, .unknownKey, .unknownAccount, .invalidValue: return nil
    }
  }

  private init(_ refusal: RenderService.Refusal) {
    switch refusal {
    case .busy(let seconds):
      self = .busy(
        "as many renders are waiting as may; try again later", retryAfterSeconds: seconds)
    case .deadlinePassed:
      self.init(.backendTimeout, "the render took longer than is allowed here")
    }
  }
}
