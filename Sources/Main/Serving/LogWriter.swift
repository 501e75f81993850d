import Foundation
import Synchronization

/// Writes log lines from a thread of its own, so that whoever logs never waits.
///
/// A reader that does not read costs lines, not requests: beyond `capacity` they are counted and
/// left out.
final class LogWriter: Sendable {
  private struct State {
    var lines: [String] = []
    var dropped = 0
    var reopens = false
    var isClosed = false
  }

  private static let capacity = 10_000

  private let state = Mutex(State())
  private let arrival = DispatchSemaphore(value: 0)
  private let end = DispatchSemaphore(value: 0)

  /// - Parameter path: A file; nil for standard error.
  init(path: String? = nil) throws(CommandFailure) {
    let opened = try LogFile(path)
    Thread { [self] in
      var file = opened
      while writeNext(to: &file) {}
      end.signal()
    }.start()
  }

  /// Takes a line; returns at once.
  func write(_ line: String) {
    state.withLock { state in
      if state.lines.count < Self.capacity {
        state.lines.append(line)
      } else {
        state.dropped += 1
      }
    }
    arrival.signal()
  }

  /// Has lines from now on go to a file newly opened.
  func reopen() {
    state.withLock { $0.reopens = true }
    arrival.signal()
  }

  /// Returns once everything is written, or cannot be within a second.
  func close() {
    state.withLock { $0.isClosed = true }
    arrival.signal()
    _ = end.wait(timeout: .now() + 1)
  }

  /// Writes what is there; false once closed and empty.
  private func writeNext(to file: inout LogFile) -> Bool {
    arrival.wait()
    let batch = state.withLock { state in
      defer { (state.lines, state.dropped, state.reopens) = ([], 0, false) }
      return state
    }
    var lost = batch.dropped
    if batch.reopens {
      do { try file.reopen() } catch { _ = file.write("iris: \(error)") }
    }
    for line in batch.lines where !file.write(line) { lost += 1 }
    if lost > 0, !file.write("iris: \(lost) log lines were left out: they could not be written") {
      // They are still to be told of when there is room again.
      state.withLock { $0.dropped += lost }
    }
    return !batch.isClosed
  }
}
