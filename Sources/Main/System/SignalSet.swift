import Foundation

/// Some signals, to be blocked or waited for.
///
/// Holds no memory: the C set is made anew for each call and does not leave it.
struct SignalSet: Sendable {
  private let signals: [Int32]

  init(_ signals: Int32...) { self.signals = signals }

  /// Keeps the signals from this thread and from those it will start.
  func block() {
    _ = unsafe withCSet { unsafe pthread_sigmask(SIG_BLOCK, $0, nil) }
  }

  /// Lets the signals reach this thread again.
  func unblock() {
    _ = unsafe withCSet { unsafe pthread_sigmask(SIG_UNBLOCK, $0, nil) }
  }

  /// Waits until one of the blocked signals is sent to the program.
  func wait() -> Int32 {
    unsafe withCSet { set in
      var signal: Int32 = 0
      while unsafe sigwait(set, &signal) != 0 {}
      return signal
    }
  }

  private func withCSet<Result>(_ body: (UnsafePointer<sigset_t>) -> Result) -> Result {
    var set = sigset_t()
    unsafe sigemptyset(&set)
    for signal in signals { unsafe sigaddset(&set, signal) }
    return unsafe body(&set)
  }
}
