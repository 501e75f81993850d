import CHTTP
import Dispatch
import Synchronization

/// The memory budget of all buffered bodies, with the queue of connections that wait for memory.
///
/// Bodies that began at the same time would otherwise all stop half-way and all be refused. So once
/// memory is short, the oldest connection alone gets what is left, and the youngest is refused first.
package struct BodyBudget {
  private let limit: Int
  private var usedBytes = 0
  /// The ids of the waiting connections; ids grow, so the lowest is the oldest.
  private var waiting: Set<UInt64> = []
  /// The connection that was last taken off the queue.
  private var resumed: UInt64?

  package init(limit: Int) { self.limit = limit }

  package var isExhausted: Bool { usedBytes >= limit }

  /// True if less than an eighth is free: above that there is enough for several bodies.
  private var isNearlyExhausted: Bool { usedBytes >= limit - limit / 8 }

  /// Adds bytes to the memory in use, or takes them off if negative.
  package mutating func charge(_ byteCount: Int) { usedBytes += byteCount }

  /// Puts a connection into the queue.
  package mutating func enqueue(_ id: UInt64) { waiting.insert(id) }

  /// Takes a connection that was answered or closed off the queue.
  package mutating func remove(_ id: UInt64) {
    waiting.remove(id)
    if resumed == id { resumed = nil }
  }

  /// Takes the oldest connection off the queue if it may go on reading.
  ///
  /// While memory is nearly exhausted, that is one connection at a time.
  /// - Parameter isReading: Returns whether a connection still reads its body.
  package mutating func next(isReading: (UInt64) -> Bool) -> UInt64? {
    guard !isExhausted, let oldest = waiting.min() else { return nil }
    if isNearlyExhausted, let resumed, !waiting.contains(resumed), isReading(resumed) { return nil }
    waiting.remove(oldest)
    resumed = oldest
    return oldest
  }

  /// Returns whether a connection stays in the queue past its deadline, because a younger one waits
  /// too and is refused first.
  package func keepsWaiting(_ id: UInt64) -> Bool { waiting.contains(id) && id != waiting.max() }
}

/// Returns the memory that large bodies took to the system (`malloc_trim`).
///
/// The C library keeps freed memory for later allocations: twenty edits of 49 MB left 160 to 275 MB
/// unused (`Sources/Benchmarks/LOG.md`).
final class MallocTrimmer: Sendable {
  /// Smaller bodies leave less behind than a render does.
  private static let bodyBytes = 4 << 20
  /// The responder frees the body a little after its answer is sent, and more bodies may follow.
  private static let delay = DispatchTimeInterval.seconds(1)

  private let isDue = Atomic(false)

  /// Schedules a trim if a finished request had a large body; returns at once.
  func noteBody(byteCount: Int) {
    guard byteCount >= Self.bodyBytes, !isDue.exchange(true, ordering: .acquiringAndReleasing)
    else { return }
    DispatchQueue.global(qos: .utility).asyncAfter(deadline: .now() + Self.delay) { [self] in
      isDue.store(false, ordering: .releasing)
      chttp_malloc_trim()
    }
  }
}
