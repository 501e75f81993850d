import Foundation
import Synchronization

/// Writes log lines on a thread of its own, so that logging never blocks.
///
/// If the reader of the log falls behind, lines beyond `capacity` are dropped and counted.
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

  /// Queues a line and returns at once.
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

  /// Opens the file again before the next line is written.
  func reopen() {
    state.withLock { $0.reopens = true }
    arrival.signal()
  }

  /// Waits until all lines are written, at most a second.
  func close() {
    state.withLock { $0.isClosed = true }
    arrival.signal()
    _ = end.wait(timeout: .now() + 1)
  }

  /// Writes the queued lines; returns false once the writer is closed and the queue empty.
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
      // Counted again, so that a later batch reports them.
      state.withLock { $0.dropped += lost }
    }
    return !batch.isClosed
  }
}

/// Standard error, or a log file that may be rotated while it is written to.
struct LogFile {
  /// Nil for standard error.
  private let path: String?
  private var descriptor: Int32

  /// Opens the file; nil is standard error.
  init(_ path: String?) throws(CommandFailure) {
    self.path = path
    descriptor = try path.map(Self.open) ?? STDERR_FILENO
  }

  /// Opens the path again, after a rotation moved the old file away.
  ///
  /// If that fails, the old file stays open.
  mutating func reopen() throws(CommandFailure) {
    guard let path else { return }
    let opened = try Self.open(path)
    close(descriptor)
    descriptor = opened
  }

  /// Writes a line; returns false if not all of it could be written.
  func write(_ line: String) -> Bool {
    FileDescriptors.writeAll(Array((line + "\n").utf8), to: descriptor)
  }

  /// Created with mode 0640: logs contain addresses and key ids.
  private static func open(_ path: String) throws(CommandFailure) -> Int32 {
    let flags = O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC | O_NOCTTY | O_NONBLOCK
    let target = try target(of: path)
    // Links in /proc lead to open descriptors, as /dev/stderr does, and nobody can plant one.
    let links = target.hasPrefix("/proc/") ? 0 : O_NOFOLLOW
    let descriptor = unsafe Foundation.open(target, flags | links, 0o640)
    guard descriptor >= 0 else {
      throw CommandFailure(
        "the log \(path) cannot be opened: \(unsafe String(cString: strerror(errno)))")
    }
    // Opening a pipe without a reader must not block; writing to a full one may.
    _ = fcntl(descriptor, F_SETFL, O_APPEND)
    return descriptor
  }

  /// Linux's `O_PATH` (`asm-generic/fcntl.h`), which Swift does not import: a descriptor of the file
  /// itself, not open for reading or writing.
  private static let pathOnly: Int32 = 0o10_000_000

  /// Follows links owned by root or by this user; another user's could lead to a file that is not
  /// theirs.
  private static func target(of path: String) throws(CommandFailure) -> String {
    var path = path
    for _ in 0..<8 {
      guard !path.hasPrefix("/proc/") else { return path }
      // Owner and target are read from one descriptor, even if the name is replaced meanwhile.
      let descriptor = unsafe Foundation.open(path, pathOnly | O_NOFOLLOW | O_CLOEXEC)
      guard descriptor >= 0 else { return path }
      defer { close(descriptor) }
      var status = stat()
      guard unsafe fstat(descriptor, &status) == 0, status.st_mode & S_IFMT == S_IFLNK else {
        return path
      }
      guard status.st_uid == 0 || status.st_uid == geteuid() else {
        throw CommandFailure("the log \(path) is a link of another user's, which is not followed")
      }
      let link = content(ofLink: descriptor)
      path = URL(filePath: link, relativeTo: URL(filePath: path).deletingLastPathComponent()).path
    }
    return path
  }

  private static func content(ofLink descriptor: Int32) -> String {
    var bytes = [CChar](repeating: 0, count: Int(PATH_MAX))
    let count = unsafe readlinkat(descriptor, "", &bytes, bytes.count)
    return String(
      decoding: bytes.prefix(max(0, count)).map { UInt8(bitPattern: $0) }, as: UTF8.self)
  }
}
