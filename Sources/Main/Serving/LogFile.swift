import Foundation

/// Where log lines go: standard error, or a file that may be moved away while it is written to.
struct LogFile {
  /// Nil for standard error.
  private let path: String?
  private var descriptor: Int32

  /// Opens a file, so that it is known to be writable.
  init(_ path: String?) throws(CommandFailure) {
    self.path = path
    descriptor = try path.map(Self.open) ?? STDERR_FILENO
  }

  /// Opens the file again, which is another one if the old one was moved away.
  ///
  /// Where that fails, the old one is kept.
  mutating func reopen() throws(CommandFailure) {
    guard let path else { return }
    let opened = try Self.open(path)
    close(descriptor)
    descriptor = opened
  }

  /// Whether the whole line could be written.
  func write(_ line: String) -> Bool {
    var rest = Array((line + "\n").utf8)[...]
    while !rest.isEmpty {
      let count = unsafe rest.withUnsafeBytes { bytes in
        unsafe Foundation.write(descriptor, bytes.baseAddress, bytes.count)
      }
      guard count > 0 || errno == EINTR else { return false }
      rest = rest.dropFirst(max(0, count))
    }
    return true
  }

  /// Made with 0640, as logs are: they name addresses and keys.
  private static func open(_ path: String) throws(CommandFailure) -> Int32 {
    let flags = O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC | O_NOCTTY | O_NONBLOCK
    let descriptor = unsafe Foundation.open(path, flags, 0o640)
    guard descriptor >= 0 else {
      throw CommandFailure(
        "the log \(path) cannot be opened: \(unsafe String(cString: strerror(errno)))")
    }
    // Opening a pipe that nobody reads must not wait; writing to one that is full may.
    _ = fcntl(descriptor, F_SETFL, O_APPEND)
    return descriptor
  }
}
