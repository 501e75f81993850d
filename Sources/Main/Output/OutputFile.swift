import Foundation
import Rendering

/// Where a picture goes: it appears there whole, or not at all.
package struct OutputFile: Sendable {
  private enum Name {
    /// A file that was asked for by name, and is replaced if it exists.
    case given(String)
    /// The stem of a name of our own, which never replaces anything.
    case stem(String)
  }

  private let name: Name
  private let directory: String

  /// Checks that a picture can be written, before time is spent on rendering it.
  /// - Parameters:
  ///   - path: The file asked for; nil for a name of our own in the current directory.
  ///   - seed: Part of that name.
  package init(path: String?, seed: UInt64) throws {
    if let path {
      try Self.check(path)
      name = .given(path)
      let parent = URL(filePath: path).deletingLastPathComponent().path
      directory = parent.isEmpty ? "." : parent
    } else {
      name = .stem("iris-\(seed)")
      directory = "."
    }
    guard unsafe access(directory, W_OK | X_OK) == 0 else {
      throw CommandFailure("cannot write to the directory \(directory): \(Self.systemError)")
    }
  }

  private static func check(_ path: String) throws {
    guard !path.isEmpty, !path.utf8.contains(0) else {
      throw UsageError("--output is empty; it must name a file")
    }
    guard path.last != "/" else {
      throw UsageError("--output is the folder \(path); it must name a file")
    }
    let suffix = URL(filePath: path).pathExtension.lowercased()  // own text
    guard !["jpg", "jpeg", "webp", "gif", "bmp", "tif", "tiff"].contains(suffix) else {
      throw UsageError("--output ends in .\(suffix), but pictures are written as PNG only")
    }
    let type = try? FileManager.default.attributesOfItem(atPath: path)[.type] as? FileAttributeType
    guard type == nil || type == .typeRegular || type == .typeSymbolicLink else {
      throw CommandFailure("\(path) exists and is not a file that could be replaced")
    }
  }

  /// Writes the picture under a temporary name beside its place, then moves it there.
  /// - Parameters:
  ///   - bytes: The whole file.
  ///   - interruption: Removes the temporary file if the program is told to end meanwhile.
  /// - Returns: The path it was written to.
  func write(_ bytes: [UInt8], interruption: Interruption) throws -> String {
    let temporary = "\(directory)/.iris-\(UUID().uuidString).png.part"
    interruption.removeOnExit(temporary)
    defer {
      unsafe unlink(temporary)
      interruption.removeOnExit(nil)
    }
    try Self.create(temporary, holding: bytes)
    switch name {
    case .given(let path):
      guard unsafe rename(temporary, path) == 0 else {
        throw CommandFailure("cannot write \(path): \(Self.systemError)")
      }
      return path
    case .stem(let stem): return try Self.move(temporary, stem: stem)
    }
  }

  private static func create(_ path: String, holding bytes: [UInt8]) throws {
    do {
      guard FileManager.default.createFile(atPath: path, contents: nil) else {
        throw CommandFailure(systemError)
      }
      let file = try FileHandle(forWritingTo: URL(filePath: path))
      try file.write(contentsOf: Data(bytes))
      try file.synchronize()
      try file.close()
    } catch {
      throw CommandFailure("cannot write the picture: \(systemError)")
    }
  }

  /// Moves the picture to the first name of a stem that is not taken.
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
        throw CommandFailure("cannot write \(path): \(systemError)")
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

  private static var systemError: String { unsafe String(cString: strerror(errno)) }
}
