import Files
import Text

/// The words that a small model was taught, `vocabulary.json` beside its `model_index.json`.
///
/// ```json
/// {"version": 1, "name": "iris-tiny", "words": ["cat", "cup of coffee"]}
/// ```
/// A model that was taught a whole language brings none.
struct Vocabulary: Sendable {
  /// The model's name, for messages.
  let name: String
  /// Words and phrases, in lower case, their words separated by single blanks.
  private let entries: Set<ByteString>
  /// The most words of a phrase.
  private let longestPhrase: Int

  /// The most entries, and the most bytes of each and of the name.
  private static let (entryLimit, byteLimit) = (50_000, 64)

  /// Reads the file of a model's directory; nil where there is none.
  init?(directory: String) throws(Flux2Error) {
    let file = "\(directory)/vocabulary.json"
    guard BoundedFile.exists(file) else { return nil }
    try self.init(ConfigurationReader(file: file))
  }

  init(_ json: ConfigurationReader) throws(Flux2Error) {
    _ = try json.integer("version", in: 1...1)
    let lengths = 1...Self.byteLimit
    name = try json.text("name", byteCount: lengths)
    let words = try json.texts("words", count: 1...Self.entryLimit, byteCount: lengths)
    entries = Set(words.map { ByteString($0) })
    longestPhrase = entries.map { $0.count { $0 == UInt8(ascii: " ") } + 1 }.max() ?? 1
  }

  /// Returns the words of a text that are not in the list, each once, in their order.
  ///
  /// The longest phrase is matched first: "sports car" may be known where "sports" is not. Numbers and
  /// single letters mean nothing by themselves and are left out.
  func unknownWords(of text: String) -> [String] {
    let words = PromptWords(text).words
    var unknown: [ByteString] = []
    var start = 0
    while start < words.count {
      let known = (1...min(longestPhrase, words.count - start)).last { count in
        entries.contains(Self.phrase(words[start..<start + count]))
      }
      if known == nil, !Self.isIdle(words[start]), !unknown.contains(words[start]) {
        unknown.append(words[start])
      }
      start += known ?? 1
    }
    return unknown.map { String(decoding: $0.bytes, as: UTF8.self) }
  }

  private static func phrase(_ words: ArraySlice<ByteString>) -> ByteString {
    ByteString([UInt8](words.joined(separator: [UInt8(ascii: " ")])))
  }

  private static func isIdle(_ word: ByteString) -> Bool {
    word.count == 1 || word.first.map { (0x30...0x39).contains($0) } == true
  }
}

/// The words of a prompt in the form of a vocabulary's entries: without punctuation, A to Z in lower case.
///
/// Words are separated by blanks and punctuation; text without blanks, as Chinese, is one long word, and an
/// emoji is one.
struct PromptWords {
  /// The words in order.
  let words: [ByteString]

  /// Splits a text.
  init(_ text: String) {
    var (words, word): ([ByteString], [UInt8]) = ([], [])
    for scalar in text.unicodeScalars {
      if Self.separates(scalar) {
        if !word.isEmpty { words.append(ByteString(word)) }
        word = []
      } else {
        word += UTF8.encode(scalar).map { $0.map(\.asciiLowercase) } ?? []
      }
    }
    if !word.isEmpty { words.append(ByteString(word)) }
    self.words = words
  }

  /// Returns whether a character separates words: blanks, and the punctuation of ASCII, Latin-1, and the
  /// blocks of general, CJK and full-width punctuation.
  private static func separates(_ scalar: Unicode.Scalar) -> Bool {
    switch scalar.value {
    case 0x30...0x39, 0x41...0x5A, 0x61...0x7A: false
    case 0...0xBF: true
    case 0x2000...0x200B, 0x2010...0x206F, 0x3000...0x303F, 0xFF00...0xFF0F, 0xFF1A...0xFF20: true
    default: false
    }
  }
}
