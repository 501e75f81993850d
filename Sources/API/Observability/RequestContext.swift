internal import HTTP
internal import Synchronization

/// What the log and the metrics want to know of one exchange, gathered while it goes on.
final class RequestContext: Sendable {
  /// The facts; nothing here may hold a key, a prompt or pixels, except `prompt`, which is filled
  /// only when the operator asks for it.
  struct Facts: Sendable {
    /// The route's pattern, not the path, which may be anything.
    var route = "unmatched"
    /// Who sent the request, as trusted proxies tell it.
    var client: RemoteAddress?
    /// The id by which a trusted proxy knows the request.
    var requestID: String?
    var keyID: String?
    var errorCode: String?
    /// What was wrong in words that are not for the client.
    var errorDetail: String?
    var readSeconds: Double?
    var queueSeconds: Double?
    var renderSeconds: Double?
    var size: String?
    var stepCount: Int?
    var seed: UInt64?
    var referenceCount: Int?
    var isStreamed: Bool?
    /// The codes of the answer's warnings; nil without any.
    var warnings: [String]?
    var prompt: String?
  }

  private let state = Mutex(Facts())

  /// What is known so far.
  var facts: Facts { state.withLock { $0 } }

  /// Adds to what is known.
  func update(_ change: (inout Facts) -> Void) { state.withLock { change(&$0) } }

  /// Words the answer to an error, and notes what it was.
  func answer(to error: any Error, id: String) -> APIError {
    let answer = APIError(mapping: error) ?? .unexpected(id: id)
    update { facts in
      facts.errorCode = error is CancellationError ? "cancelled" : answer.code.rawValue
      if answer.code == .internalError { facts.errorDetail = "\(error)" }
    }
    return answer
  }
}

/// The notes of the exchanges under way, by their numbers, and the ids by which people know them.
final class RequestContextStore: Sendable {
  private let context = Mutex<[UInt64: RequestContext]>([:])
  /// Tells one process's requests from another's.
  private let prefix = String(UInt32.random(in: .min ... .max), radix: 16)

  /// The id of an exchange, for `x-request-id` and the log.
  func id(of number: UInt64) -> String { id(of: number, context(for: number)?.facts) }

  /// The id of an exchange with these facts.
  func id(of number: UInt64, _ facts: RequestContext.Facts?) -> String {
    facts?.requestID ?? "req_\(prefix)_\(String(number, radix: 16))"
  }

  /// Begins to take notes.
  @discardableResult
  func open(_ number: UInt64) -> RequestContext {
    let opened = RequestContext()
    context.withLock { $0[number] = opened }
    return opened
  }

  /// The notes of an exchange that is under way.
  func context(for number: UInt64) -> RequestContext? { context.withLock { $0[number] } }

  /// Ends the notes of an exchange.
  func close(_ number: UInt64) -> RequestContext.Facts? {
    context.withLock { $0.removeValue(forKey: number) }?.facts
  }
}
