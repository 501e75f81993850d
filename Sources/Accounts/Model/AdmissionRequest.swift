/// A request as it is admitted, before it may cost anything.
public struct AdmissionRequest: Sendable {
  /// The bounds of an idempotency key's length, in bytes.
  public static let idempotencyKeyByteCounts = 1...255

  /// By which an answer is found again, so that a retry neither renders nor costs twice.
  public enum Retry: Sendable, Equatable {
    /// Not found again.
    case never
    /// By the client's `Idempotency-Key`; kept for 24 hours.
    case idempotencyKey(String)
    /// By the fingerprint alone; kept for 10 minutes.
    /// - Parameter isRetry: True if the client says that it asks again, as OpenAI's SDKs do by an
    ///   `x-stainless-retry-count` of 1 or more. Otherwise it is a new request, though equal.
    case fingerprint(isRetry: Bool)
  }

  /// The id of this request, which no other has: letters, digits, `-` and `_`, at most 64.
  public let id: String
  /// The key that asks.
  public let key: String
  /// The key's account.
  public let account: String
  /// The endpoint, as in usage and in the ledger.
  public let endpoint: String
  /// The most images that may be charged.
  public var imageCount = 1
  /// The price of an image; test keys pay nothing.
  public let unitPrice: Money
  /// The SHA-256 of the decoded parameters and image bytes.
  public let fingerprint: [UInt8]
  /// By which the answer is found again.
  public var retry: Retry

  /// Creates the request of a key.
  public init(
    id: String, key: APIKey, endpoint: String, unitPrice: Money, fingerprint: [UInt8] = [],
    retry: Retry = .never
  ) {
    self.id = id
    self.key = key.id
    account = key.account
    self.endpoint = endpoint
    self.unitPrice = unitPrice
    self.fingerprint = fingerprint
    self.retry = retry
  }

  /// Throws `invalidValue` for what cannot be stored.
  func check() throws(AccountsError) {
    let isPlain = id.utf8.allSatisfy {
      (48...57).contains($0) || (65...90).contains($0) || (97...122).contains($0) || $0 == 45
        || $0 == 95
    }
    guard isPlain, (1...64).contains(id.utf8.count) else {
      throw AccountsError(.invalidValue, "a request's id has characters that it may not have")
    }
    guard imageCount >= 1, unitPrice >= .zero else {
      throw AccountsError(
        .invalidValue, "a request is for at least one image, and costs at least 0")
    }
    if case .idempotencyKey(let text) = retry {
      guard Self.idempotencyKeyByteCounts.contains(text.utf8.count), !text.utf8.contains(0) else {
        throw AccountsError(
          .invalidValue,
          "an idempotency key has 1 to \(Self.idempotencyKeyByteCounts.upperBound) bytes, none of "
            + "them NUL")
      }
    }
  }
}

extension AdmissionRequest.Retry {
  /// The text under which the answer is found among those of the key; nil if it is not.
  func handle(_ fingerprint: [UInt8]) -> String? {
    switch self {
    case .never: nil
    case .idempotencyKey(let text): "key:" + text
    case .fingerprint:
      "body:"
        + fingerprint.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
    }
  }

  /// The seconds for which an answer is kept: `Documentation/contract.md`, section 8.
  var keptSeconds: Int64 {
    switch self {
    case .never: 0
    case .idempotencyKey: 24 * 3600
    case .fingerprint: 600
    }
  }
}
