import Glibc

/// Reads whole files up to a size limit: configurations, images, indices.
public enum BoundedFile {
  /// Returns whether a file of any type exists at the path, including a broken link.
  public static func exists(_ path: String) -> Bool {
    var status = stat()
    return unsafe lstat(path, &status) == 0
  }

  /// Returns whether a directory exists at the path; links are followed.
  public static func isFolder(_ path: String) -> Bool {
    var status = stat()
    return unsafe fstatat(AT_FDCWD, path, &status, 0) == 0 && status.st_mode & S_IFMT == S_IFDIR
  }

  /// Reads a regular file; links are followed.
  ///
  /// Pipes and devices, which might never end, are refused without waiting.
  /// - Parameters:
  ///   - path: The file.
  ///   - limit: The maximum size in bytes; a longer file is refused without reading it.
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

  /// Reads a file that the kernel makes up, as those in `/proc`: it has no size, and comes in pieces of a page, the
  /// first of which `FileManager.contents(atPath:)` takes for all of it.
  /// - Parameters:
  ///   - path: The file.
  ///   - limit: The maximum size in bytes.
  public static func bytes(ofKernelFile path: String, limit: Int) throws(FileError) -> [UInt8] {
    let descriptor = unsafe open(path, O_RDONLY | O_CLOEXEC)
    guard descriptor >= 0 else { throw errno == ENOENT ? .missing : .unreadable(errno) }
    defer { close(descriptor) }
    return try bytes(fromDescriptor: descriptor, limit: limit)
  }

  /// Reads a pipe, a socket or any other open descriptor.
  ///
  /// Blocks until the end of the data.
  /// - Parameters:
  ///   - descriptor: It stays open.
  ///   - limit: The maximum number of bytes.
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

  /// Reads a regular file of an expected kind; a file recognised as another kind is refused, and
  /// the error names that kind.
  /// - Parameters:
  ///   - path: The file; links are followed.
  ///   - limit: The maximum size in bytes.
  ///   - kind: The expected kind.
  public static func bytes(
    of path: String, limit: Int, expecting kind: FileKind
  ) throws(FileError) -> [UInt8] {
    let bytes = try bytes(of: path, limit: limit)
    if let words = FileKind.mismatch(bytes, expecting: kind) { throw .wrongKind(words) }
    return bytes
  }

  /// Reads until `wanted` bytes have arrived or the data end.
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
          // Another process that shares the descriptor may have made it non-blocking.
          var wait = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
          unsafe poll(&wait, 1, -1)
          continue
        }
        failure = read < 0 ? errno : 0
        // The end comes early if the file was truncated in the meantime.
        guard read > 0 else { return }
        count += read
      }
    }
    guard failure == 0 else { throw .unreadable(failure) }
    return bytes
  }

  /// Reads a regular file or a named pipe; blocks until the end of the data.
  ///
  /// Directories and devices are refused.
  /// - Parameters:
  ///   - path: The file; links are followed.
  ///   - limit: The maximum number of bytes.
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

/// The reason why a file cannot be read; the description follows the file's name in a message.
public enum FileError: Error, Equatable, CustomStringConvertible {
  /// The file does not exist.
  case missing
  /// The path is a directory.
  case folder
  /// The file is of another kind than expected; the value describes it.
  case wrongKind(String)
  /// The path is a pipe, a socket or a device.
  case notRegular
  /// The file is larger than the limit in bytes.
  case tooLarge(limit: Int)
  /// The system call failed with this error number.
  case unreadable(Int32)

  /// The reason, in words that follow the file's name.
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
