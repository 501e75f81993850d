import Accounts

/// Why the store did not admit a request, as clients see it.
extension APIError {
  init(_ refusal: Refusal) {
    let (code, message) = Self.description(of: refusal.reason)
    self.init(code, message)
    retryAfterSeconds = refusal.retryMilliseconds.map { Double($0) / 1000 }
  }

  /// The request that this one repeats ended and began anew time and again.
  static var stillInProgress: APIError {
    let (code, message) = description(of: .inProgress)
    var error = APIError(code, message)
    error.retryAfterSeconds = 1
    return error
  }

  private static func description(of reason: Refusal.Reason) -> (ErrorCode, String) {
    switch reason {
    case .unauthenticated: (.authentication, "the API key is unknown, expired or revoked")
    case .accountSuspended:
      (.accountSuspended, "the account of this API key is suspended; ask the operator")
    case .idempotencyMismatch:
      (
        .idempotencyMismatch,
        "this Idempotency-Key was used for another request; a new request needs a new one"
      )
    case .inProgress:
      (.requestInProgress, "the request that this one repeats is still in progress")
    case .requestsPerMinute:
      (.minuteLimitExceeded, "this API key has made as many requests a minute as it may")
    case .requestsPerDay:
      (.dayLimitExceeded, "this API key has made as many requests today, in UTC, as it may")
    case .concurrentRequests:
      (.concurrencyExceeded, "this API key has as many requests in progress as it may")
    case .monthlyCap:
      (.insufficientQuota, "this API key has spent what it may in this month")
    case .credit: (.insufficientQuota, "the account of this API key has no credit left for this")
    }
  }
}
