import Foundation

/// Writes a file under a temporary name in the same directory, then renames it into place.
enum AtomicFileWriter {
  /// Writes a file, replacing an existing one and keeping its mode.
  /// - Parameter path: Must not be a symbolic link.
  static func replace(_ path: String, with bytes: [UInt8], signals: SignalDispatcher) throws {
    var status = stat()
    let exists = unsafe fstatat(AT_FDCWD, path, &status, AT_SYMLINK_NOFOLLOW) == 0
    let folder = OutputDestination.folder(of: path)
    let mode = exists ? status.st_mode & 0o777 : nil
    try withTemporary(in: folder, bytes, mode: mode, signals: signals) { temporary in
      guard unsafe rename(temporary, path) == 0 else {
        throw CommandFailure("cannot write \(path): \(OutputDestination.systemError)")
      }
    }
  }

  /// Writes a file in the current directory, under the first of `STEM.png`, `STEM-2.png`, … that is free.
  /// - Returns: The path.
  static func create(
    stem: String, with bytes: [UInt8], signals: SignalDispatcher
  ) throws -> String {
    try withTemporary(in: ".", bytes, mode: nil, signals: signals) {
      try move($0, stem: stem)
    }
  }

  private static func withTemporary<Result>(
    in folder: String, _ bytes: [UInt8], mode: mode_t?, signals: SignalDispatcher,
    _ use: (String) throws -> Result
  ) throws -> Result {
    let temporary = "\(folder)/.iris-\(UUID().uuidString).png.part"
    signals.removeOnExit(temporary)
    defer {
      unsafe unlink(temporary)
      signals.removeOnExit(nil)
    }
    try create(temporary, holding: bytes, mode: mode)
    return try use(temporary)
  }

  private static func create(_ path: String, holding bytes: [UInt8], mode: mode_t?) throws {
    let descriptor = unsafe open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o666)
    guard descriptor >= 0 else {
      throw CommandFailure("cannot write the image: \(OutputDestination.systemError)")
    }
    defer { close(descriptor) }
    guard FileDescriptors.writeAll(bytes, to: descriptor), fsync(descriptor) == 0 else {
      throw CommandFailure("cannot write the image: \(OutputDestination.systemError)")
    }
    if let mode { fchmod(descriptor, mode) }
  }

  private static func move(_ temporary: String, stem: String) throws -> String {
    for number in 1...9999 {
      let path = number == 1 ? "\(stem).png" : "\(stem)-\(number).png"
      // A hard link, unlike a rename, fails if the name is taken; some file systems have no links.
      if unsafe link(temporary, path) == 0 { return path }
      if errno == EPERM || errno == EOPNOTSUPP, claim(path) {
        if unsafe rename(temporary, path) == 0 { return path }
        unsafe unlink(path)
      }
      guard errno == EEXIST else {
        throw CommandFailure("cannot write \(path): \(OutputDestination.systemError)")
      }
    }
    throw CommandFailure("cannot write \(stem).png: it exists, and so do 9998 others like it")
  }

  /// Reserves a name with an empty file; returns false if it is taken.
  private static func claim(_ path: String) -> Bool {
    let descriptor = unsafe open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o666)
    guard descriptor >= 0 else { return false }
    close(descriptor)
    return true
  }
}
