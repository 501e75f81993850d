import Foundation
package import Imaging
import Text

/// The destination of one image: a file is written whole or not at all.
package struct OutputFile: Sendable {
  /// Stands for standard output in place of a path.
  static let standardOutput = "-"

  private enum Name {
    /// A path from the command line; an existing file is replaced.
    case given(String, OutputDestination)
    /// The stem of a generated name, which never replaces a file.
    case stem(String)
  }

  private let name: Name
  /// The file format, by the ending of the name; PNG for what has none.
  package let format: OutputFormat

  /// Checks that an image can be written, before it is rendered.
  /// - Parameters:
  ///   - path: The value of `--output`; nil for a generated name in the current directory.
  ///   - seed: Part of the generated name.
  package init(path: String?, seed: UInt64) throws {
    guard let path else {
      (name, format) = (.stem("iris-\(seed)"), .png)
      try OutputDestination.file("./iris-\(seed).png").check(as: "iris-\(seed).png")
      return
    }
    try Self.check(path)
    let place =
      path == Self.standardOutput
      ? OutputDestination.descriptor(STDOUT_FILENO) : try OutputDestination(path)
    if case .file = place { format = try Self.format(of: path) } else { format = .png }
    try place.check(as: path == Self.standardOutput ? "-, standard output," : path)
    name = .given(path, place)
  }

  /// True if the image is written to standard output, where results are printed.
  var isStandardOutput: Bool { isDescriptor(STDOUT_FILENO) }
  /// True if the image is written to standard error.
  var isStandardError: Bool { isDescriptor(STDERR_FILENO) }

  /// True for `/dev/null`.
  var isNull: Bool {
    if case .given(_, .stream("/dev/null")) = name { true } else { false }
  }

  private func isDescriptor(_ number: Int32) -> Bool {
    if case .given(_, .descriptor(number)) = name { true } else { false }
  }

  /// Returns whether two images would be written to the same destination.
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

  /// Returns the format that an extension names; a name without an extension is a PNG's.
  private static func format(of path: String) throws(UsageError) -> OutputFormat {
    let file = path.utf8.split(separator: UInt8(ascii: "/")).last ?? path.utf8[...]
    guard let dot = file.lastIndex(of: UInt8(ascii: ".")), dot > file.startIndex else {
      return .png
    }
    let ending = file[file.index(after: dot)...]
    let folded = ending.map(\.asciiLowercase)
    let format = OutputFormat.allCases.first {
      $0.endings.contains { $0.utf8.elementsEqual(folded) }
    }
    guard let format = ending.isEmpty ? .png : format else {
      let endings = OutputFormat.allCases.flatMap(\.endings).map { ".\($0)" }
      throw UsageError(
        "--output ends in .\(Substring(ending)), but images are written as PNG, JPEG and WebP: name a "
          + "file that ends in \(endings.joined(separator: ", ")), or has no ending")
    }
    return format
  }

  /// Writes an image.
  /// - Parameters:
  ///   - bytes: The whole file.
  ///   - signals: Removes the unfinished file if a signal ends the program.
  /// - Returns: The path it was written to.
  func write(_ bytes: [UInt8], signals: SignalDispatcher) throws -> String {
    switch name {
    case .given(let path, .file(let target)):
      try AtomicFileWriter.replace(target, with: bytes, signals: signals)
      return path
    case .given(let path, let place):
      try place.write(bytes, as: path)
      return path
    case .stem(let stem):
      return try AtomicFileWriter.create(stem: stem, with: bytes, signals: signals)
    }
  }
}

/// A file name with the placeholders `{seed}` and `{index}`, for several images.
///
/// Other braces stay as they are, and `{{seed}}` is the text `{seed}`.
package struct OutputNameTemplate: Sendable {
  private enum Part: Equatable {
    case text([UInt8])
    case seed
    case index
  }

  private static let fields: [(name: [UInt8], part: Part)] = [
    (Array("{seed}".utf8), .seed), (Array("{index}".utf8), .index),
  ]

  private let parts: [Part]

  /// Parses a template.
  package init(_ text: String) {
    var (rest, text, parts) = (Array(text.utf8)[...], [UInt8](), [Part]())
    while let first = rest.first {
      if let field = Self.fields.first(where: { rest.starts(with: [0x7B] + $0.name + [0x7D]) }) {
        text += field.name
        rest = rest.dropFirst(field.name.count + 2)
      } else if let field = Self.fields.first(where: { rest.starts(with: $0.name) }) {
        parts += [.text(text), field.part]
        text = []
        rest = rest.dropFirst(field.name.count)
      } else {
        text.append(first)
        rest = rest.dropFirst()
      }
    }
    self.parts = parts + [.text(text)]
  }

  /// The file name of one image.
  /// - Parameters:
  ///   - seed: Its seed.
  ///   - index: Its number, from 1, padded to as many digits as `count` has.
  ///   - count: The number of images.
  package func name(seed: UInt64, index: Int, of count: Int) -> String {
    let bytes = parts.flatMap { part -> [UInt8] in
      switch part {
      case .text(let text): return text
      case .seed: return Array("\(seed)".utf8)
      case .index:
        let digits = Array("\(index)".utf8)
        let width = "\(count)".utf8.count
        return Array(repeating: UInt8(ascii: "0"), count: max(0, width - digits.count)) + digits
      }
    }
    return String(decoding: bytes, as: UTF8.self)
  }
}
