import Foundation
import Synchronization

/// Receives the process's signals on one thread and runs what a command registered for them.
///
/// A signal without an action ends the program after its temporary file is removed. The signals are
/// blocked in every thread and taken by one thread with `sigwait`, which may take locks; a signal
/// handler may not.
final class SignalDispatcher: Sendable {
  private let temporaryFile = Mutex<String?>(nil)
  private let actions = Mutex<[Int32: @Sendable () -> Void]>([:])

  /// Must be made while the program has one thread, since new threads inherit the blocked signals.
  ///
  /// Signals that the program was started to ignore, as `nohup` does, stay ignored.
  init() {
    let signals = SignalSet(SIGINT, SIGTERM, SIGHUP, SIGUSR1, SIGUSR2).handled
    guard !signals.isEmpty else { return }
    signals.block()
    Thread { [self] in
      while true {
        let signal = signals.wait()
        guard let action = actions.withLock({ $0[signal] }) else { return end(by: signal) }
        action()
      }
    }.start()
  }

  /// Sets the file to remove when a signal ends the program; nil for none.
  func removeOnExit(_ path: String?) { temporaryFile.withLock { $0 = path } }

  /// Runs an action at each of these signals, instead of ending the program.
  func handle(_ signals: Int32..., by action: @escaping @Sendable () -> Void) {
    actions.withLock { actions in for signal in signals { actions[signal] = action } }
  }

  /// Runs an action at the first SIGINT or SIGTERM; the next one ends the program.
  func handleFirstTermination(_ action: @escaping @Sendable () -> Void) {
    handle(SIGINT, SIGTERM) { [self] in
      actions.withLock { actions in (actions[SIGINT], actions[SIGTERM]) = (nil, nil) }
      action()
    }
  }

  private func end(by signal: Int32) {
    temporaryFile.withLock { path in
      if let path { unsafe unlink(path) }
      // The lock is held until the process is gone, so that no new temporary file can be begun.
      SignalSet(signal).unblock()
      kill(getpid(), signal)
      exit(128 + signal)
    }
  }
}

/// A set of signals to block or to wait for.
///
/// Keeps the numbers alone: the C set is made anew for each call and does not leave it.
package struct SignalSet: Sendable, Equatable {
  private let signals: [Int32]

  package init(_ signals: Int32...) { self.init(signals) }

  init(_ signals: [Int32]) { self.signals = signals }

  /// True if the set has no signal.
  var isEmpty: Bool { signals.isEmpty }

  /// The signals of the set that the program does not ignore.
  package var handled: SignalSet {
    SignalSet(
      signals.filter { signal in
        var action = sigaction()
        unsafe sigaction(signal, nil, &action)
        // SIG_IGN is the address 1, which Swift does not import.
        return unsafe unsafeBitCast(action.__sigaction_handler.sa_handler, to: Int.self) != 1
      })
  }

  /// Blocks the signals in this thread and in those it will start.
  func block() {
    _ = unsafe withCSet { unsafe pthread_sigmask(SIG_BLOCK, $0, nil) }
  }

  /// Unblocks the signals in this thread.
  func unblock() {
    _ = unsafe withCSet { unsafe pthread_sigmask(SIG_UNBLOCK, $0, nil) }
  }

  /// Waits until one of the blocked signals is sent to the program, and returns it.
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
