import Foundation

/// Writes a file under a temporary name beside its place, then moves it there.
enum FileWriter {
  /// Writes a file in place of the one of that name, if there is one; its mode stays.
  /// - Parameter path: No link.
  static func replace(_ path: String, with bytes: [UInt8], interruption: Interruption) throws {
    var status = stat()
    let exists = unsafe fstatat(AT_FDCWD, path, &status, AT_SYMLINK_NOFOLLOW) == 0
    let folder = OutputPlace.folder(of: path)
    let mode = exists ? status.st_mode & 0o777 : nil
    try withTemporary(in: folder, bytes, mode: mode, interruption: interruption) { temporary in
      guard unsafe rename(temporary, path) == 0 else {
        throw CommandFailure("cannot write \(path): \(OutputPlace.systemError)")
      }
    }
  }

  /// Writes a file in the current directory, under the first name of a stem that is not taken.
  static func create(
    stem: String, with bytes: [UInt8], interruption: Interruption
  ) throws -> String {
    try withTemporary(in: ".", bytes, mode: nil, interruption: interruption) {
      try move($0, stem: stem)
    }
  }

  private static func withTemporary<Result>(
    in folder: String, _ bytes: [UInt8], mode: mode_t?, interruption: Interruption,
    _ use: (String) throws -> Result
  ) throws -> Result {
    let temporary = "\(folder)/.iris-\(UUID().uuidString).png.part"
    interruption.removeOnExit(temporary)
    defer {
      unsafe unlink(temporary)
      interruption.removeOnExit(nil)
    }
    try create(temporary, holding: bytes, mode: mode)
    return try use(temporary)
  }

  private static func create(_ path: String, holding bytes: [UInt8], mode: mode_t?) throws {
    let descriptor = unsafe open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o666)
    guard descriptor >= 0 else {
      throw CommandFailure("cannot write the image: \(OutputPlace.systemError)")
    }
    defer { close(descriptor) }
    guard OpenDescriptor.write(bytes, to: descriptor), fsync(descriptor) == 0 else {
      throw CommandFailure("cannot write the image: \(OutputPlace.systemError)")
    }
    if let mode { fchmod(descriptor, mode) }
  }

  private static func move(_ temporary: String, stem: String) throws -> String {
    for number in 1...9999 {
      let path = number == 1 ? "\(stem).png" : "\(stem)-\(number).png"
      // A hard link, unlike a move, fails if the name is taken; some file systems have none.
      if unsafe link(temporary, path) == 0 { return path }
      if errno == EPERM || errno == EOPNOTSUPP, claim(path) {
        if unsafe rename(temporary, path) == 0 { return path }
        unsafe unlink(path)
      }
      guard errno == EEXIST else {
        throw CommandFailure("cannot write \(path): \(OutputPlace.systemError)")
      }
    }
    throw CommandFailure("cannot write \(stem).png: it exists, and so do 9998 others like it")
  }

  /// Takes a name by an empty file; false if it is taken.
  private static func claim(_ path: String) -> Bool {
    let descriptor = unsafe open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o666)
    guard descriptor >= 0 else { return false }
    close(descriptor)
    return true
  }
}
