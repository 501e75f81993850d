import Glibc

/// Reads whole files of which the size is bounded: configurations, images, indices.
public enum BoundedFile {
  /// Whether there is anything of this name, a broken link too.
  public static func exists(_ path: String) -> Bool {
    var status = stat()
    return unsafe lstat(path, &status) == 0
  }

  /// Whether there is a folder of this name; links are followed.
  public static func isFolder(_ path: String) -> Bool {
    var status = stat()
    return unsafe fstatat(AT_FDCWD, path, &status, 0) == 0 && status.st_mode & S_IFMT == S_IFDIR
  }

  /// The bytes of a regular file; links are followed.
  ///
  /// Anything else, a pipe or a device, might never end: it is refused without waiting for it.
  /// - Parameters:
  ///   - path: The file.
  ///   - limit: The most bytes it may have; a longer file is refused unread.
  public static func bytes(of path: String, limit: Int) throws(FileError) -> [UInt8] {
    // Without O_NONBLOCK the open of a named pipe would wait for a writer.
    let descriptor = unsafe open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY)
    guard descriptor >= 0 else { throw errno == ENOENT ? .missing : .unreadable(errno) }
    defer { close(descriptor) }
    var status = stat()
    guard unsafe fstat(descriptor, &status) == 0 else { throw .unreadable(errno) }
    guard status.st_mode & S_IFMT != S_IFDIR else { throw .folder }
    guard status.st_mode & S_IFMT == S_IFREG else { throw .notRegular }
    guard Int(status.st_size) <= limit else { throw .tooLarge(limit: limit) }
    return try bytes(from: descriptor, count: Int(status.st_size))
  }

  /// The bytes of a pipe, a socket or whatever else a descriptor that is open leads to.
  ///
  /// Reads to the end, and waits for it.
  /// - Parameters:
  ///   - descriptor: Stays open.
  ///   - limit: The most bytes there may be.
  public static func bytes(fromDescriptor descriptor: Int32, limit: Int) throws(FileError)
    -> [UInt8]
  {
    var all: [UInt8] = []
    while all.count <= limit {
      let part = try bytes(from: descriptor, count: min(1 << 16, limit + 1 - all.count))
      if part.isEmpty { return all }
      all += part
    }
    throw .tooLarge(limit: limit)
  }

  /// The bytes of a regular file that should be of one kind; what is plainly of another is named.
  /// - Parameters:
  ///   - path: The file; links are followed.
  ///   - limit: The most bytes there may be.
  ///   - kind: What the file should be.
  public static func bytes(
    of path: String, limit: Int, expecting kind: FileKind
  ) throws(FileError) -> [UInt8] {
    let bytes = try bytes(of: path, limit: limit)
    if let words = FileKind.mismatch(bytes, expecting: kind) { throw .wrongKind(words) }
    return bytes
  }

  /// Reads until there are as many bytes, or no more.
  private static func bytes(from descriptor: Int32, count wanted: Int) throws(FileError) -> [UInt8]
  {
    var failure: Int32 = 0
    let bytes = unsafe [UInt8](unsafeUninitializedCapacity: wanted) { buffer, count in
      while count < buffer.count {
        let rest = unsafe UnsafeMutableRawBufferPointer(buffer)[count...]
        let read = unsafe Glibc.read(
          descriptor, UnsafeMutableRawBufferPointer(rebasing: rest).baseAddress, rest.count)
        if read < 0, errno == EINTR { continue }
        if read < 0, errno == EAGAIN {
          // Whoever shares the descriptor may have made it one that does not wait.
          var wait = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
          unsafe poll(&wait, 1, -1)
          continue
        }
        failure = read < 0 ? errno : 0
        // None are left where the file was cut meanwhile.
        guard read > 0 else { return }
        count += read
      }
    }
    guard failure == 0 else { throw .unreadable(failure) }
    return bytes
  }

  /// The bytes of a file or of a named pipe, for a reader that may wait.
  ///
  /// Folders and devices are refused.
  /// - Parameters:
  ///   - path: The file; links are followed.
  ///   - limit: The most bytes there may be.
  public static func bytes(waitingFor path: String, limit: Int) throws(FileError) -> [UInt8] {
    var status = stat()
    guard unsafe fstatat(AT_FDCWD, path, &status, 0) == 0, status.st_mode & S_IFMT == S_IFIFO else {
      return try bytes(of: path, limit: limit)
    }
    let descriptor = unsafe open(path, O_RDONLY | O_CLOEXEC)
    guard descriptor >= 0 else { throw .unreadable(errno) }
    defer { close(descriptor) }
    return try bytes(fromDescriptor: descriptor, limit: limit)
  }
}

/// Why a file cannot be read, in words that follow its name.
public enum FileError: Error, Equatable, CustomStringConvertible {
  /// There is none of that name.
  case missing
  /// It is a folder.
  case folder
  /// It is something else than what is expected, as these words say.
  case wrongKind(String)
  /// It is a pipe, a socket or a device.
  case notRegular
  /// It has more bytes than are allowed.
  case tooLarge(limit: Int)
  /// The system does not let it be read; its error number.
  case unreadable(Int32)

  /// What is wrong with the file.
  public var description: String {
    switch self {
    case .missing: "does not exist"
    case .wrongKind(let words): words
    case .folder: "is a folder, not a regular file"
    case .notRegular: "is not a regular file"
    case .tooLarge(let limit): "is larger than the \(Self.size(limit)) allowed"
    case .unreadable(let number):
      "cannot be read (\(unsafe String(cString: strerror(number))))"
    }
  }

  private static func size(_ byteCount: Int) -> String {
    byteCount < 1 << 20 ? "\(byteCount) bytes" : "\(byteCount >> 20) MB"
  }
}
