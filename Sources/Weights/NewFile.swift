import Glibc

/// A file that did not exist, written from its start by one writer; closed with the object.
final class NewFile: Sendable {
  private let path: String
  private let descriptor: Int32

  /// Creates the file.
  init(path: String) throws(WeightsError) {
    self.path = path
    descriptor = unsafe open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o666)
    guard descriptor >= 0 else { throw Self.failure(path) }
  }

  deinit { close(descriptor) }

  /// Appends bytes.
  func write(_ bytes: [UInt8]) throws(WeightsError) {
    var start = 0
    while start < bytes.count {
      let count = unsafe bytes.withUnsafeBytes { buffer in
        let rest = unsafe buffer[start...]
        return unsafe Glibc.write(
          descriptor, UnsafeRawBufferPointer(rebasing: rest).baseAddress, rest.count)
      }
      if count < 0, errno == EINTR { continue }
      guard count > 0 else { throw Self.failure(path) }
      start += count
    }
  }

  /// Writes everything to the disk, so that a rename is safe against a loss of power.
  func synchronize() throws(WeightsError) {
    guard fsync(descriptor) == 0 else { throw Self.failure(path) }
  }

  private static func failure(_ path: String) -> WeightsError {
    let reason = unsafe String(cString: strerror(errno))
    return WeightsError(.unwritable, file: path, "cannot be written (\(reason))")
  }
}
