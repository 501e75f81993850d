internal import Glibc

/// Reads whole files of which the size is bounded: configurations, pictures, indices.
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
  public static func bytes(of path: String, limit: Int) throws(FileFault) -> [UInt8] {
    // Without O_NONBLOCK the open of a named pipe would wait for a writer.
    let descriptor = unsafe open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY)
    guard descriptor >= 0 else { throw errno == ENOENT ? .missing : .unreadable(errno) }
    defer { close(descriptor) }
    var status = stat()
    guard unsafe fstat(descriptor, &status) == 0 else { throw .unreadable(errno) }
    guard status.st_mode & S_IFMT == S_IFREG else { throw .notRegular }
    guard Int(status.st_size) <= limit else { throw .tooLarge(limit: limit) }
    var failure: Int32 = 0
    let bytes = unsafe [UInt8](unsafeUninitializedCapacity: Int(status.st_size)) { buffer, count in
      while count < buffer.count {
        let rest = unsafe UnsafeMutableRawBufferPointer(buffer)[count...]
        let read = unsafe Glibc.read(
          descriptor, UnsafeMutableRawBufferPointer(rebasing: rest).baseAddress, rest.count)
        if read < 0, errno == EINTR { continue }
        failure = read < 0 ? errno : 0
        // None are left where the file was cut meanwhile.
        guard read > 0 else { return }
        count += read
      }
    }
    guard failure == 0 else { throw .unreadable(failure) }
    return bytes
  }
}
