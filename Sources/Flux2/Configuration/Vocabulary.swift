internal import Files
internal import Text

/// The words that a small model was taught, `vocabulary.json` beside its `model_index.json`.
///
/// ```json
/// {"version": 1, "name": "iris-tiny", "words": ["cat", "cup of coffee"]}
/// ```
/// A model that was taught a whole language brings none.
struct Vocabulary: Sendable {
  /// What messages call the model.
  let name: String
  /// Words and phrases, in small letters, their words parted by single blanks.
  private let entries: Set<ByteString>
  /// The most words of a phrase.
  private let longestPhrase: Int

  /// How many entries there may be, and bytes of each and of the name.
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

  /// The words of a text that are not known, each once, in their order.
  ///
  /// The longest phrase is found first: a sports car is known where sports are not. Numbers and single
  /// letters mean nothing by themselves.
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
