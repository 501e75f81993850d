import Foundation
import Synchronization

/// Ends the program at once on Ctrl-C or a request to terminate, without leaving a partial file; or,
/// where there is something to finish first, at the second time.
///
/// The signals are blocked in every thread and taken by one that waits for them: it may take locks, as
/// a signal handler may not.
final class Interruption: Sendable {
  private let temporaryFile = Mutex<String?>(nil)
  private let firstAction = Mutex<(@Sendable () -> Void)?>(nil)

  /// Must be made while the program has one thread, since new threads inherit what is blocked.
  ///
  /// Signals that the program was started to ignore, as `nohup` does, stay ignored.
  init() {
    let signals = SignalSet(SIGINT, SIGTERM, SIGHUP).handled
    guard !signals.isEmpty else { return }
    signals.block()
    Thread { [self] in
      while true {
        let signal = signals.wait()
        guard let action = firstAction.withLock({ $0.take() }) else { return end(by: signal) }
        action()
      }
    }.start()
  }

  /// Sets the file that must not outlive the program; nil when there is none any more.
  func removeOnExit(_ path: String?) { temporaryFile.withLock { $0 = path } }

  /// Has the first signal do something else than end the program; the next one ends it.
  func handleFirst(_ action: @escaping @Sendable () -> Void) {
    firstAction.withLock { $0 = action }
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
