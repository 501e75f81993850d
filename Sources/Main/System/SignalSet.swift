import Foundation

/// Some signals, to be blocked or waited for.
///
/// Holds no memory: the C set is made anew for each call and does not leave it.
package struct SignalSet: Sendable, Equatable {
  private let signals: [Int32]

  package init(_ signals: Int32...) { self.init(signals) }

  private init(_ signals: [Int32]) { self.signals = signals }

  /// Whether there is none in it.
  var isEmpty: Bool { signals.isEmpty }

  /// Those of them that the program does not ignore.
  package var handled: SignalSet {
    SignalSet(
      signals.filter { signal in
        var action = sigaction()
        unsafe sigaction(signal, nil, &action)
        // SIG_IGN is the address 1, which Swift does not import.
        return unsafe unsafeBitCast(action.__sigaction_handler.sa_handler, to: Int.self) != 1
      })
  }

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
