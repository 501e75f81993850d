import Accounts
import HTTP
import Synchronization

/// Gathers the facts of one request that the log and the metrics record when it ends.
final class RequestContext: Sendable {
  /// The facts of a request.
  ///
  /// None may hold a key, a prompt or pixels, except `prompt`, which is set only when the operator asks for
  /// it.
  struct Facts: Sendable {
    /// The route's pattern, not the path, which may be anything.
    var route = "unmatched"
    /// The client's address as trusted proxies report it.
    var client: RemoteAddress?
    /// The request's id as a trusted proxy reports it.
    var requestID: String?
    var keyID: String?
    /// The figures of the key's requests a minute.
    var rateLimit: RateLimit?
    /// The id of the request whose answer this one got.
    var repeatedID: String?
    /// The amount that was charged.
    var charge: Money?
    var errorCode: String?
    /// A description of an internal error, which is not for the client.
    var errorDetail: String?
    var readSeconds: Double?
    var queueSeconds: Double?
    var renderSeconds: Double?
    /// The model, where there are several.
    var model: String?
    var size: String?
    var stepCount: Int?
    var seed: UInt64?
    var referenceCount: Int?
    /// The number of images that were asked for; nil for one.
    var imageCount: Int?
    var isStreamed: Bool?
    /// The codes of the answer's warnings; nil without any.
    var warnings: [String]?
    var prompt: String?
  }

  private let state = Mutex(Facts())

  /// The facts gathered so far.
  var facts: Facts { state.withLock { $0 } }

  /// Changes the facts.
  func update(_ change: (inout Facts) -> Void) { state.withLock { change(&$0) } }

  /// Records the error that ends the request.
  /// - Parameter answer: The error as the client sees it.
  func record(_ error: any Error, answeredBy answer: APIError) {
    update { facts in
      facts.errorCode = error is CancellationError ? "cancelled" : answer.code.rawValue
      if answer.code == .internalError { facts.errorDetail = "\(error)" }
    }
  }
}

/// Holds the contexts of the requests in progress, by the server's number of each request.
final class RequestContextStore: Sendable {
  private let contexts = Mutex<[UInt64: RequestContext]>([:])
  /// Keeps the ids of one process apart from another's, also in a ledger that they share for years.
  private let prefix = String(UInt64.random(in: .min ... .max), radix: 36)

  /// Returns the id of a request, for `x-request-id` and the log.
  func id(of number: UInt64) -> String { id(of: number, context(for: number)?.facts) }

  /// Returns the id of a request with these facts.
  func id(of number: UInt64, _ facts: RequestContext.Facts?) -> String {
    facts?.requestID ?? ownID(of: number)
  }

  /// Returns the id of a request in the ledger, which no proxy has given.
  func ownID(of number: UInt64) -> String { "req_\(prefix)_\(String(number, radix: 16))" }

  /// Adds a context for a request.
  @discardableResult
  func open(_ number: UInt64) -> RequestContext {
    let opened = RequestContext()
    contexts.withLock { $0[number] = opened }
    return opened
  }

  /// Returns the context of a request in progress.
  func context(for number: UInt64) -> RequestContext? { contexts.withLock { $0[number] } }

  /// Removes the context of a finished request and returns its facts.
  func close(_ number: UInt64) -> RequestContext.Facts? {
    contexts.withLock { $0.removeValue(forKey: number) }?.facts
  }
}
