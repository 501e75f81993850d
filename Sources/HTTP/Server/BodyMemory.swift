import CHTTP
import Dispatch
import Synchronization

/// The memory that all buffered bodies may take together, and who waits for some.
///
/// Bodies that began at the same time would otherwise all stop half-way and all be refused. So once
/// memory is short, what there is goes to the oldest alone, and the youngest is refused first.
package struct BodyBudget {
  private let limit: Int
  private(set) var usedBytes = 0
  /// The connections that wait; the older, the lower the number.
  private(set) var waiting: Set<UInt64> = []
  /// The connection that was last given memory.
  private var resumed: UInt64?

  package init(limit: Int) { self.limit = limit }

  package var isExhausted: Bool { usedBytes >= limit }

  /// With an eighth free there is enough for several.
  private var isNearlyExhausted: Bool { usedBytes >= limit - limit / 8 }

  /// A connection's body takes more, or less.
  package mutating func charge(_ byteCount: Int) { usedBytes += byteCount }

  /// A connection must wait.
  package mutating func enqueue(_ id: UInt64) { waiting.insert(id) }

  /// A connection does not wait any more, because it was answered or left.
  package mutating func remove(_ id: UInt64) {
    waiting.remove(id)
    if resumed == id { resumed = nil }
  }

  /// Who may go on, if anyone: the oldest, unless another uses what is left.
  package mutating func next(isReading: (UInt64) -> Bool) -> UInt64? {
    guard !isExhausted, let oldest = waiting.min() else { return nil }
    if isNearlyExhausted, let resumed, !waiting.contains(resumed), isReading(resumed) { return nil }
    waiting.remove(oldest)
    resumed = oldest
    return oldest
  }

  /// Whether a connection that waited too long must go on waiting, since a younger one is to go first.
  package func keepsWaiting(_ id: UInt64) -> Bool { waiting.contains(id) && id != waiting.max() }
}

/// Gives back to the system what large bodies leave behind.
///
/// The C library keeps freed memory for threads that may want some again: twenty edits of 49 MB left
/// 160 to 275 MB that nothing used (`Sources/Benchmarks/LOG.md`).
final class MallocTrimmer: Sendable {
  /// Smaller bodies leave less than a render does.
  private static let bodyBytes = 4 << 20
  /// What read the body frees it a little later than the answer is out, and others may follow.
  private static let delay = DispatchTimeInterval.seconds(1)

  private let isDue = Atomic(false)

  /// An exchange with such a body is over; returns at once.
  func noteBody(byteCount: Int) {
    guard byteCount >= Self.bodyBytes, !isDue.exchange(true, ordering: .acquiringAndReleasing)
    else { return }
    DispatchQueue.global(qos: .utility).asyncAfter(deadline: .now() + Self.delay) { [self] in
      isDue.store(false, ordering: .releasing)
      chttp_malloc_trim()
    }
  }
}
