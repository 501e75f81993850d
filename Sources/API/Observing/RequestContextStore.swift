internal import Synchronization

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
