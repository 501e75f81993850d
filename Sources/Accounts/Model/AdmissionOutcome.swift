/// The decision on a request.
public enum AdmissionOutcome: Sendable, Equatable {
  /// It may go on; what it may cost is reserved.
  case admitted(Reservation, RateLimit)
  /// It may not.
  case refused(Refusal, RateLimit?)
  /// Its answer is known: the request that it repeats has ended.
  case replayed(StoredAnswer, RateLimit)
  /// The request that it repeats, with this id, is in progress on this node.
  case joined(request: String, RateLimit)
}

/// The holdings of an admitted request until it is settled or refunded: a place among its key's
/// concurrent requests, and its price.
///
/// The id is the fence: a reservation that was reclaimed, because its node vanished or stalled, can
/// no longer be settled.
public struct Reservation: Sendable, Hashable {
  /// The seconds after which others may reclaim it unless it was renewed.
  public static let leaseSeconds: Int64 = 30
  /// The seconds after which it is to be renewed.
  public static let renewalSeconds: Int64 = 10

  /// The request's id.
  public let id: String
  /// The account whose credit is reserved.
  public let account: String

  package init(id: String, account: String) {
    self.id = id
    self.account = account
  }
}

/// The figures of a key's requests a minute, for the fields `x-ratelimit-…-requests`.
public struct RateLimit: Sendable, Equatable {
  /// Requests that may be admitted in any 60 seconds.
  public let limit: Int64
  /// Requests that may still be admitted now.
  public let remaining: Int64
  /// The time after which all of the limit may be admitted again if nothing is until then.
  public let resetMilliseconds: Int64

  package init(limit: Int64, remaining: Int64, resetMilliseconds: Int64) {
    self.limit = limit
    self.remaining = remaining
    self.resetMilliseconds = resetMilliseconds
  }
}

/// Why a request was not admitted.
public struct Refusal: Sendable, Equatable {
  /// The reasons; of several that hold, the first in this order is given.
  public enum Reason: Sendable, Equatable, CaseIterable {
    /// The key is unknown, expired or revoked: 401.
    case unauthenticated
    /// The account is suspended: 403.
    case accountSuspended
    /// The idempotency key was given to another request: 422.
    case idempotencyMismatch
    /// The request that this one repeats is in progress on another node: 409.
    case inProgress
    /// Requests a minute: 429.
    case requestsPerMinute
    /// Requests a day: 429.
    case requestsPerDay
    /// Requests at once: 429.
    case concurrentRequests
    /// The key's monthly cap: 402.
    case monthlyCap
    /// The account's credit: 402.
    case credit
  }

  /// The reason.
  public let reason: Reason
  /// The time after which the reason no longer holds; nil if that does not come by waiting.
  ///
  /// True to the millisecond of requests a minute and a day. When a request in progress ends nobody
  /// knows, so there it is a second.
  public let retryMilliseconds: Int64?

  package init(_ reason: Reason, retryMilliseconds: Int64? = nil) {
    self.reason = reason
    self.retryMilliseconds = retryMilliseconds
  }
}

/// The answer of an earlier request, as it was given.
public struct StoredAnswer: Sendable, Equatable {
  /// The request that was answered.
  public let request: String
  /// The HTTP status.
  public let status: Int
  /// The body's type.
  public let contentType: String
  /// The body.
  public let body: [UInt8]

  /// Creates an answer to keep.
  public init(request: String, status: Int, contentType: String, body: [UInt8]) {
    self.request = request
    self.status = status
    self.contentType = contentType
    self.body = body
  }
}

/// The node that admits: an id of its own, and how often it has started.
public struct NodeIdentity: Sendable, Equatable {
  /// The id, which no other running node of the store has.
  public let id: String
  /// The number of its start; reservations of earlier ones are refunded.
  public let epoch: Int64
}
