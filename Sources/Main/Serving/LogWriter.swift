import Foundation
import Synchronization

/// Writes log lines to standard error from a thread of its own, so that whoever logs never waits.
///
/// A reader that does not read costs lines, not requests: beyond `capacity` they are counted and
/// left out.
final class LogWriter: Sendable {
  private struct State {
    var lines: [String] = []
    var dropped = 0
    var isClosed = false
  }

  private static let capacity = 10_000

  private let state = Mutex(State())
  private let arrival = DispatchSemaphore(value: 0)
  private let end = DispatchSemaphore(value: 0)

  init() {
    Thread { [self] in
      while writeNext() {}
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

  /// Returns once everything is written, or cannot be within a second.
  func close() {
    state.withLock { $0.isClosed = true }
    arrival.signal()
    _ = end.wait(timeout: .now() + 1)
  }

  /// Writes what is there; false once closed and empty.
  private func writeNext() -> Bool {
    arrival.wait()
    let (lines, dropped, isClosed) = state.withLock { state in
      defer { (state.lines, state.dropped) = ([], 0) }
      return (state.lines, state.dropped, state.isClosed)
    }
    for line in lines { put(line) }
    if dropped > 0 { put("iris: \(dropped) log lines were left out: nobody read them in time") }
    return !isClosed
  }

  /// Whatever cannot be written is lost: there is nowhere else to say so.
  private func put(_ line: String) {
    var rest = Array((line + "\n").utf8)[...]
    while !rest.isEmpty {
      let count = unsafe rest.withUnsafeBytes { bytes in
        unsafe Foundation.write(STDERR_FILENO, bytes.baseAddress, bytes.count)
      }
      guard count > 0 || errno == EINTR else { return }
      rest = rest.dropFirst(max(0, count))
    }
  }
}
