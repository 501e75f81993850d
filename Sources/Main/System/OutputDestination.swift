import Foundation

/// The kind of destination that `--output` leads to, with symbolic links resolved.
enum OutputDestination: Equatable {
  /// A regular file, existing or not: written atomically.
  case file(String)
  /// A file descriptor that is open already.
  case descriptor(Int32)
  /// A device or a named pipe: opened and written to.
  case stream(String)
  /// A unix socket: connected to and written to.
  case socket(String)

  /// The number of links that Linux follows.
  private static let linkLimit = 40

  /// Resolves a path without opening or creating anything.
  init(_ name: String) throws(CommandFailure) {
    var path = name
    for _ in 0...Self.linkLimit {
      if let place = Self.descriptor(path) {
        self = place
        return
      }
      guard let target = Self.link(at: path) else {
        self = try Self.end(path)
        return
      }
      path = target.utf8.first == UInt8(ascii: "/") ? target : Self.folder(of: path) + "/" + target
    }
    throw CommandFailure("\(name) leads round in a circle of links")
  }

  /// The directory part of a path.
  static func folder(of path: String) -> String {
    guard let slash = path.utf8.lastIndex(of: UInt8(ascii: "/")) else { return "." }
    return slash == path.utf8.startIndex
      ? "/" : String(decoding: path.utf8[..<slash], as: UTF8.self)
  }

  /// The target of a symbolic link; nil for anything else.
  private static func link(at path: String) -> String? {
    try? FileManager.default.destinationOfSymbolicLink(atPath: path)
  }

  /// Recognises paths of open descriptors.
  ///
  /// They look like symbolic links, whose targets cannot be opened by name.
  private static func descriptor(_ path: String) -> OutputDestination? {
    if let number = FileDescriptors.number(of: path) { return .descriptor(number) }
    guard let real = unsafe realpath(folder(of: path), nil) else { return nil }
    defer { unsafe free(real) }
    let parent = unsafe String(cString: real)
    let name =
      path.utf8.split(separator: UInt8(ascii: "/")).last.map { String(Substring($0)) } ?? ""
    if let number = FileDescriptors.number(of: parent + "/" + name) { return .descriptor(number) }
    return parent.utf8.starts(with: "/proc/".utf8) ? .stream(path) : nil
  }

  /// Classifies a path that is not a link.
  private static func end(_ path: String) throws(CommandFailure) -> OutputDestination {
    var status = stat()
    guard unsafe fstatat(AT_FDCWD, path, &status, AT_SYMLINK_NOFOLLOW) == 0 else {
      guard errno == ENOENT else { throw CommandFailure("cannot write \(path): \(systemError)") }
      return .file(path)
    }
    switch status.st_mode & S_IFMT {
    case S_IFREG: return .file(path)
    case S_IFDIR:
      throw CommandFailure("\(path) is a folder; --output must name a file, as in \(path)/fox.png")
    case S_IFSOCK: return .socket(path)
    default: return .stream(path)
    }
  }

  /// The description of `errno`.
  static var systemError: String { unsafe String(cString: strerror(errno)) }
}

extension OutputDestination {
  /// Throws unless it can be written to; checked before an image is rendered.
  /// - Parameter name: Its name on the command line.
  func check(as name: String) throws {
    switch self {
    case .descriptor(let number):
      guard FileDescriptors.isWritable(number) else {
        throw CommandFailure("cannot write \(name): descriptor \(number) is not open for writing")
      }
      try Self.refuseTerminal(number, name)
    case .stream(let path), .socket(let path):
      guard unsafe access(path, W_OK) == 0 else {
        throw CommandFailure("cannot write \(name): \(Self.systemError)")
      }
      var status = stat()
      guard unsafe fstatat(AT_FDCWD, path, &status, 0) == 0, status.st_mode & S_IFMT == S_IFCHR
      else { return }
      let descriptor = unsafe open(path, O_RDONLY | O_NOCTTY | O_NONBLOCK | O_CLOEXEC)
      guard descriptor >= 0 else { return }
      defer { close(descriptor) }
      try Self.refuseTerminal(descriptor, name)
    case .file(let path):
      let folder = Self.folder(of: path)
      guard unsafe access(folder, W_OK | X_OK) == 0 else {
        throw CommandFailure("cannot write to the folder \(folder): \(Self.systemError)")
      }
      guard unsafe access(path, F_OK) != 0 || access(path, W_OK) == 0 else {
        throw CommandFailure("cannot write \(name): \(Self.systemError)")
      }
    }
  }

  private static func refuseTerminal(_ descriptor: Int32, _ name: String) throws(UsageError) {
    guard isatty(descriptor) == 1 else { return }
    throw UsageError(
      "--output \(name) is a terminal, and an image is no text; send it to a file or a pipe")
  }
}

/// Writing to destinations other than regular files; none is removed or renamed.
extension OutputDestination {
  /// Writes all bytes and blocks until the reader takes them.
  ///
  /// A regular file is overwritten in place: `AtomicFileWriter` is for those.
  /// - Parameter name: The destination's name in messages.
  func write(_ bytes: [UInt8], as name: String) throws(CommandFailure) {
    // If the reader closes its end, that is an error message, not the end of the program.
    signal(SIGPIPE, SIG_IGN)
    let descriptor: Int32
    switch self {
    case .descriptor(let number):
      guard FileDescriptors.writeAll(bytes, to: number) else { throw Self.failure(name) }
      return
    case .stream(let path), .file(let path):
      descriptor = unsafe open(path, O_WRONLY | O_NOCTTY | O_CLOEXEC)
    case .socket(let path): descriptor = Self.connection(to: path)
    }
    guard descriptor >= 0 else { throw Self.failure(name) }
    defer { close(descriptor) }
    guard FileDescriptors.writeAll(bytes, to: descriptor) else { throw Self.failure(name) }
  }

  private static func failure(_ name: String) -> CommandFailure {
    CommandFailure("cannot write \(name): \(systemError)")
  }

  /// Connects to a unix socket; returns a negative number if that fails, with the reason in `errno`.
  private static func connection(to path: String) -> Int32 {
    var address = sockaddr_un()
    address.sun_family = sa_family_t(AF_UNIX)
    let name = Array(path.utf8) + [0]
    guard name.count <= MemoryLayout.size(ofValue: address.sun_path) else {
      errno = ENAMETOOLONG
      return -1
    }
    unsafe withUnsafeMutableBytes(of: &address.sun_path) { unsafe $0.copyBytes(from: name) }
    let descriptor = Foundation.socket(
      AF_UNIX, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
    guard descriptor >= 0 else { return -1 }
    let size = socklen_t(MemoryLayout<sockaddr_un>.size)
    let status = unsafe withUnsafePointer(to: &address) { pointer in
      unsafe pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        unsafe connect(descriptor, $0, size)
      }
    }
    guard status == 0 else {
      let reason = errno
      close(descriptor)
      errno = reason
      return -1
    }
    return descriptor
  }
}
