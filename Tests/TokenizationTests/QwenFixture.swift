import Foundation
import TestSupport
import Testing
import Tokenization

/// The real Qwen3 tokenizer, rebuilt from its merge list.
///
/// Its vocabulary is the 256 bytes in the order of the byte alphabet followed by the result of every
/// merge, so that `vocab.json` need not be stored beside `merges.txt`.
enum QwenFixture {
  static let directory = Fixture.url("tokenizer")

  /// Loaded once; a failure to load fails every test that asks for it.
  static let tokenizer = Result { try load() }

  /// The byte alphabet in id order: printable bytes first, then the stand-ins from U+0100 on.
  static var byteSpellings: [String] {
    let printable = Array(33...126) + Array(161...172) + Array(174...255)
    return (printable + Array(0x100..<(0x100 + 256 - printable.count)))
      .compactMap { Unicode.Scalar($0 as Int).map { String(Character($0)) } }
  }

  /// The merge list as `left right` lines.
  static func mergeLines() throws -> [String] {
    let text = try String(
      contentsOf: directory.appending(path: "qwen3/merges.txt"), encoding: .utf8)
    return text.unicodeScalars.split(separator: "\n").dropFirst().map { String($0) }
  }

  private static func load() throws -> Tokenizer {
    let spellings =
      try byteSpellings + mergeLines().map { String($0.unicodeScalars.filter { $0 != " " }) }
    let members = spellings.enumerated().map { #""\#(escaped($1))":\#($0)"# }
    return try TemporaryTokenizer.with([
      "vocab.json": Data("{\(members.joined(separator: ","))}".utf8),
      "merges.txt": Data(contentsOf: directory.appending(path: "qwen3/merges.txt")),
      "tokenizer_config.json": Data(
        contentsOf: directory.appending(path: "qwen3/tokenizer_config.json")),
    ])
  }

  /// A spelling as it stands inside a JSON string.
  static func escaped(_ spelling: String) -> String {
    spelling.replacing("\\", with: "\\\\").replacing("\"", with: "\\\"")
  }
}

/// Loads a tokenizer from files that exist for the duration of the call.
enum TemporaryTokenizer {
  static func with(_ files: [String: Data]) throws -> Tokenizer {
    let folder = try TemporaryFolder()
    for (name, data) in files { try folder.write(data, to: name) }
    return try Tokenizer(directory: folder.path)
  }

  static func with(_ files: [String: String]) throws -> Tokenizer {
    try with(files.mapValues { Data($0.utf8) })
  }
}
