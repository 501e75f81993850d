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
    OpenDescriptor.write(Array((line + "\n").utf8), to: descriptor)
  }

  /// Made with 0640, as logs are: they name addresses and keys.
  private static func open(_ path: String) throws(CommandFailure) -> Int32 {
    let flags = O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC | O_NOCTTY | O_NONBLOCK
    let target = try target(of: path)
    // Links there lead to what is open already, as /dev/stderr does, and nobody can plant one.
    let links = target.hasPrefix("/proc/") ? 0 : O_NOFOLLOW
    let descriptor = unsafe Foundation.open(target, flags | links, 0o640)
    guard descriptor >= 0 else {
      throw CommandFailure(
        "the log \(path) cannot be opened: \(unsafe String(cString: strerror(errno)))")
    }
    // Opening a pipe that nobody reads must not wait; writing to one that is full may.
    _ = fcntl(descriptor, F_SETFL, O_APPEND)
    return descriptor
  }

  /// `O_PATH` of Linux (`asm-generic/fcntl.h`), which Swift does not see: the file is not opened,
  /// only held.
  private static let pathOnly: Int32 = 0o10_000_000

  /// Follows links of root's and our own; another user's could lead to a file that is not theirs.
  private static func target(of path: String) throws(CommandFailure) -> String {
    var path = path
    for _ in 0..<8 {
      guard !path.hasPrefix("/proc/") else { return path }
      // Owner and content are read of one link, even if the name is given to another meanwhile.
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
