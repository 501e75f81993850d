internal import HTTP
internal import Synchronization

/// The notes of the exchanges under way, and the ids by which people know them.
final class ExchangeTable: Sendable {
  private let notes = Mutex<[UInt64: ExchangeNotes]>([:])
  /// Tells one process's requests from another's.
  private let prefix = String(UInt32.random(in: .min ... .max), radix: 16)

  /// The id of a request, for `x-request-id` and the log.
  func id(of head: RequestHead?) -> String {
    // A head that could not be read has no number.
    let number = head?.number ?? .random(in: .min ... .max)
    return "req_\(prefix)_\(String(number, radix: 16))"
  }

  /// Begins to take notes.
  func open(_ head: RequestHead) {
    notes.withLock { $0[head.number] = ExchangeNotes() }
  }

  /// The notes of a request that is under way.
  func notes(for head: RequestHead?) -> ExchangeNotes? {
    head.flatMap { head in notes.withLock { $0[head.number] } }
  }

  /// Ends the notes of a request.
  func close(_ head: RequestHead?) -> ExchangeNotes.Facts? {
    head.flatMap { head in notes.withLock { $0.removeValue(forKey: head.number) } }?.facts
  }
}
