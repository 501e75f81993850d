import Foundation
import Rendering
import Text

/// Where an image goes: a file appears whole, or not at all.
package struct OutputFile: Sendable {
  /// What stands for standard output, in place of a name.
  static let standardOutput = "-"

  private enum Name {
    /// What was asked for by name; a file of it is replaced if it exists.
    case given(String, OutputPlace)
    /// The stem of a name of our own, which never replaces anything.
    case stem(String)
  }

  private let name: Name

  /// Checks that an image can be written, before time is spent on rendering it.
  /// - Parameters:
  ///   - path: What was asked for; nil for a name of our own in the current directory.
  ///   - seed: Part of that name.
  package init(path: String?, seed: UInt64) throws {
    guard let path else {
      name = .stem("iris-\(seed)")
      try OutputPlace.file("./iris-\(seed).png").check(as: "iris-\(seed).png")
      return
    }
    try Self.check(path)
    let place =
      path == Self.standardOutput ? OutputPlace.descriptor(STDOUT_FILENO) : try OutputPlace(path)
    if case .file = place { try Self.checkEnding(of: path) }
    try place.check(as: path == Self.standardOutput ? "-, standard output," : path)
    name = .given(path, place)
  }

  /// Whether the image itself goes where results are printed.
  var isStandardOutput: Bool { isDescriptor(STDOUT_FILENO) }
  /// Whether the image goes where everything else is said.
  var isStandardError: Bool { isDescriptor(STDERR_FILENO) }

  /// Whether images are thrown away there.
  var isNull: Bool {
    if case .given(_, .stream("/dev/null")) = name { true } else { false }
  }

  private func isDescriptor(_ number: Int32) -> Bool {
    if case .given(_, .descriptor(number)) = name { true } else { false }
  }

  /// Whether two images would go to one place.
  func isSamePlace(as other: OutputFile) -> Bool {
    guard case .given(_, let place) = name, case .given(_, let otherPlace) = other.name else {
      return false
    }
    guard case .file(let path) = place, case .file(let otherPath) = otherPlace else {
      return place == otherPlace
    }
    return URL(filePath: path).standardizedFileURL == URL(filePath: otherPath).standardizedFileURL
  }

  private static func check(_ path: String) throws(UsageError) {
    guard !path.isEmpty, !path.utf8.contains(0) else {
      throw UsageError("--output is empty; it must name a file")
    }
    guard path.utf8.last != UInt8(ascii: "/") else {
      throw UsageError("--output is the folder \(path); it must name a file")
    }
  }

  /// A name without an ending is written as it is; one of another format would be a lie.
  private static func checkEnding(of path: String) throws(UsageError) {
    let file = path.utf8.split(separator: UInt8(ascii: "/")).last ?? path.utf8[...]
    guard let dot = file.lastIndex(of: UInt8(ascii: ".")), dot > file.startIndex else { return }
    let ending = file[file.index(after: dot)...]
    let folded = ending.map(\.asciiLowercase)
    guard ending.isEmpty || folded == Array("png".utf8) else {
      throw UsageError(
        "--output ends in .\(Substring(ending)), but images are written as PNG only: name a file "
          + "that ends in .png, or has no ending")
    }
  }

  /// Writes an image.
  /// - Parameters:
  ///   - bytes: The whole file.
  ///   - interruption: Removes what is not whole if the program is told to end meanwhile.
  /// - Returns: The name it was written to.
  func write(_ bytes: [UInt8], interruption: Interruption) throws -> String {
    switch name {
    case .given(let path, .file(let target)):
      try FileWriter.replace(target, with: bytes, interruption: interruption)
      return path
    case .given(let path, let place):
      try StreamWriter.write(bytes, to: place, as: path)
      return path
    case .stem(let stem):
      return try FileWriter.create(stem: stem, with: bytes, interruption: interruption)
    }
  }
}
