import Foundation

/// What a name on the command line leads to, links followed to their end.
enum OutputPlace: Equatable {
  /// A regular file, or none yet: written beside its place and moved there.
  case file(String)
  /// A descriptor that is open already.
  case descriptor(Int32)
  /// A device or a named pipe: opened and written to.
  case stream(String)
  /// A unix socket: connected to and written to.
  case socket(String)

  /// As many links as Linux follows.
  private static let linkLimit = 40

  /// Follows a name; nothing is opened or made.
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

  /// The folder that a path's last part is in.
  static func folder(of path: String) -> String {
    guard let slash = path.utf8.lastIndex(of: UInt8(ascii: "/")) else { return "." }
    return slash == path.utf8.startIndex
      ? "/" : String(decoding: path.utf8[..<slash], as: UTF8.self)
  }

  /// Where a symbolic link leads; nil for what is none.
  private static func link(at path: String) -> String? {
    try? FileManager.default.destinationOfSymbolicLink(atPath: path)
  }

  /// Descriptors look like links to files, and what their links say is no path to write to.
  private static func descriptor(_ path: String) -> OutputPlace? {
    if let number = OpenDescriptor.number(in: path) { return .descriptor(number) }
    guard let real = unsafe realpath(folder(of: path), nil) else { return nil }
    defer { unsafe free(real) }
    let parent = unsafe String(cString: real)
    let name =
      path.utf8.split(separator: UInt8(ascii: "/")).last.map { String(Substring($0)) } ?? ""
    if let number = OpenDescriptor.number(in: parent + "/" + name) { return .descriptor(number) }
    return parent.utf8.starts(with: "/proc/".utf8) ? .stream(path) : nil
  }

  /// What is at the end of all links.
  private static func end(_ path: String) throws(CommandFailure) -> OutputPlace {
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

  static var systemError: String { unsafe String(cString: strerror(errno)) }
}

extension OutputPlace {
  /// Makes sure that it may be written to, before time is spent on an image.
  /// - Parameter name: What it was called on the command line.
  func check(as name: String) throws {
    switch self {
    case .descriptor(let number):
      guard OpenDescriptor.isWritable(number) else {
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
      "--output \(name) is a terminal, and a PNG is no text; send it to a file or a pipe")
  }
}
