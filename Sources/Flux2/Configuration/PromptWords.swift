internal import Text

/// The words of a prompt, as a vocabulary has them: without punctuation, A to Z in small letters.
///
/// Enough for the languages that parts of words are not parted by marks in; what has no blanks, as
/// Chinese, is one long word, and an emoji is one.
struct PromptWords {
  /// The words in order.
  let words: [ByteString]

  /// Splits a text.
  init(_ text: String) {
    var (words, word): ([ByteString], [UInt8]) = ([], [])
    for scalar in text.unicodeScalars {
      if Self.parts(scalar) {
        if !word.isEmpty { words.append(ByteString(word)) }
        word = []
      } else {
        word += UTF8.encode(scalar).map { $0.map(\.asciiLowercase) } ?? []
      }
    }
    if !word.isEmpty { words.append(ByteString(word)) }
    self.words = words
  }

  /// Whether a character stands between words: blanks, and the punctuation of ASCII, Latin-1, and the
  /// blocks of general, CJK and full-width punctuation.
  private static func parts(_ scalar: Unicode.Scalar) -> Bool {
    switch scalar.value {
    case 0x30...0x39, 0x41...0x5A, 0x61...0x7A: false
    case 0...0xBF: true
    case 0x2000...0x200B, 0x2010...0x206F, 0x3000...0x303F, 0xFF00...0xFF0F, 0xFF1A...0xFF20: true
    default: false
    }
  }
}
