import Accounts
import HTTP
import Text

/// The repetition of a request, as its head tells it.
struct RequestTerms: Sendable, Equatable {
  /// By which its answer is found again.
  let retry: AdmissionRequest.Retry

  /// The client's idempotency key.
  var idempotencyKey: String? {
    if case .idempotencyKey(let key) = retry { key } else { nil }
  }

  /// Reads `Idempotency-Key`, or without one the count by which OpenAI's SDKs tell that they ask again.
  init(_ head: RequestHead) throws(APIError) {
    let fields = head.headers.values(of: "idempotency-key")
    guard let field = fields.first else {
      let count = head.headers["x-stainless-retry-count"]?.decimal ?? 0
      retry = .fingerprint(isRetry: count >= 1)
      return
    }
    let lengths = AdmissionRequest.idempotencyKeyByteCounts
    guard fields.count == 1, let text = field.string(limit: lengths.upperBound),
      lengths.contains(field.count), text.utf8.allSatisfy({ (0x20...0x7E).contains($0) })
    else {
      throw APIError(
        .invalidRequest, parameter: "Idempotency-Key",
        "the field Idempotency-Key must have \(lengths.lowerBound) to \(lengths.upperBound) "
          + "characters of ASCII, and come once")
    }
    retry = .idempotencyKey(text)
  }
}
