import CHTTP
import Dispatch
import Synchronization

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

extension Server {
  /// Has the process's threads share one heap, all of whose freed memory can be given back.
  ///
  /// For a process that serves, before it has other threads. A heap for each of several threads, as
  /// the C library has it, spares them a lock that is hardly ever taken here, and keeps up to 64 MB
  /// at the end of each.
  public static func useSingleMallocArena() { chttp_use_single_arena() }
}
