import Foundation
import Synchronization

/// Ends the program at once on Ctrl-C or a request to terminate, without leaving a partial file; or
/// does what a command wants done at a signal.
///
/// The signals are blocked in every thread and taken by one that waits for them: it may take locks, as
/// a signal handler may not.
final class Interruption: Sendable {
  private let temporaryFile = Mutex<String?>(nil)
  private let actions = Mutex<[Int32: @Sendable () -> Void]>([:])

  /// Must be made while the program has one thread, since new threads inherit what is blocked.
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

  /// Sets the file that must not outlive the program; nil when there is none any more.
  func removeOnExit(_ path: String?) { temporaryFile.withLock { $0 = path } }

  /// Has some signals do something else than end the program, each time.
  func handle(_ signals: Int32..., by action: @escaping @Sendable () -> Void) {
    actions.withLock { actions in for signal in signals { actions[signal] = action } }
  }

  /// Has the first request to terminate do something else than that; the next one ends the program.
  func handleFirstTermination(_ action: @escaping @Sendable () -> Void) {
    handle(SIGINT, SIGTERM) { [self] in
      actions.withLock { actions in (actions[SIGINT], actions[SIGTERM]) = (nil, nil) }
      action()
    }
  }

  private func end(by signal: Int32) {
    temporaryFile.withLock { path in
      if let path { unsafe unlink(path) }
      // Dies of the signal with the lock held, so that no new file can be begun.
      SignalSet(signal).unblock()
      kill(getpid(), signal)
      exit(128 + signal)
    }
  }
}
