/// Splits normalised text into words; BPE merges only within a word.
///
/// A hand-written matcher for Qwen2's pattern (spec §2.2), with the alternatives tried in order:
/// ```
/// (?i:'s|'t|'re|'ve|'m|'ll|'d) | [^\r\n\p{L}\p{N}]?\p{L}+ | \p{N} | ?[^\s\p{L}\p{N}]+[\r\n]*
///   | \s*[\r\n]+ | \s+(?!\S) | \s+
/// ```
/// The alternatives match every character, so the concatenated words equal the text.
struct PreTokenizer {
  private let scalars: [Unicode.Scalar]
  private let classes: [CharacterClass]

  init(_ text: String) {
    scalars = Array(text.unicodeScalars)
    classes = scalars.map(CharacterClass.init)
  }

  /// Calls `body` with each word's scalars, in order.
  func forEachWord(_ body: (ArraySlice<Unicode.Scalar>) -> Void) {
    var start = 0
    while start < scalars.count {
      let end = endOfWord(from: start)
      body(scalars[start..<end])
      start = end
    }
  }

  private func endOfWord(from start: Int) -> Int {
    if let end = endOfContraction(from: start) { return end }
    switch classes[start] {
    case .letter: return endOfRun(from: start) { $0 == .letter }
    case .number: return start + 1
    case .space, .other:
      // One character other than a newline, letter or number may precede the letters of a word.
      if classIs(.letter, at: start + 1) { return endOfRun(from: start + 1) { $0 == .letter } }
      if classes[start] == .other { return endOfSymbols(from: start) }
      if scalars[start] == " ", classIs(.other, at: start + 1) {
        return endOfSymbols(from: start + 1)
      }
      return endOfWhitespace(from: start)
    case .newline: return endOfWhitespace(from: start)
    }
  }

  /// Matches `'s|'t|'re|'ve|'m|'ll|'d`, ignoring case; U+017F (long s) folds to `s`.
  private func endOfContraction(from start: Int) -> Int? {
    guard scalars[start] == "'", start + 1 < scalars.count else { return nil }
    let second: Unicode.Scalar?
    switch scalars[start + 1] {
    case "s", "S", "\u{17F}", "t", "T", "m", "M", "d", "D": return start + 2
    case "r", "R", "v", "V": second = "e"
    case "l", "L": second = "l"
    default: return nil
    }
    guard let second, start + 2 < scalars.count else { return nil }
    // In ASCII, upper and lower case differ in bit 5 only.
    return scalars[start + 2].value | 0x20 == second.value ? start + 3 : nil
  }

  /// Matches symbols and the newlines after them: `[^\s\p{L}\p{N}]+[\r\n]*`.
  private func endOfSymbols(from start: Int) -> Int {
    let end = endOfRun(from: start) { $0 == .other }
    return endOfRun(from: end) { $0 == .newline }
  }

  /// Matches `\s*[\r\n]+|\s+(?!\S)|\s+`: up to the run's last newline if it has one; otherwise the
  /// whole run at the end of the text, or all but its last character before a word (which that
  /// character precedes).
  private func endOfWhitespace(from start: Int) -> Int {
    let end = endOfRun(from: start) { $0.isWhitespace }
    if let newline = classes[start..<end].lastIndex(of: .newline) { return newline + 1 }
    return end == scalars.count || end == start + 1 ? end : end - 1
  }

  private func endOfRun(from start: Int, while belongs: (CharacterClass) -> Bool) -> Int {
    var end = start
    while end < classes.count, belongs(classes[end]) { end += 1 }
    return end
  }

  private func classIs(_ expected: CharacterClass, at index: Int) -> Bool {
    index < classes.count && classes[index] == expected
  }
}

/// The character classes of the pre-tokenizer's pattern (spec §2.2).
///
/// `letter` and `number` are `\p{L}` and `\p{N}`; `newline` is `[\r\n]`; `space` is the rest of `\s`;
/// everything else, combining marks included, is `other`.
enum CharacterClass: Sendable {
  case letter
  case number
  case newline
  case space
  case other

  /// True for white space, including newlines.
  var isWhitespace: Bool { self == .space || self == .newline }

  /// The reference treats characters assigned after this version of Unicode as neither letters nor
  /// numbers (tokenizers 0.23 uses Unicode 16; compared for every code point).
  private static let referenceUnicodeMajor = 16

  init(_ scalar: Unicode.Scalar) {
    self =
      switch scalar.value {
      case 0x0A, 0x0D: .newline
      case 0x09...0x0C, 0x20: .space
      case 0x30...0x39: .number
      case 0x41...0x5A, 0x61...0x7A: .letter
      case 0..<0x80: .other
      // U+001C...001F and the zero-width characters do not match `\s` in the pattern.
      case 0x85, 0xA0, 0x1680, 0x2000...0x200A, 0x2028, 0x2029, 0x202F, 0x205F, 0x3000: .space
      default: Self.byGeneralCategory(scalar)
      }
  }

  private static func byGeneralCategory(_ scalar: Unicode.Scalar) -> CharacterClass {
    let category: CharacterClass
    switch scalar.properties.generalCategory {
    case .uppercaseLetter, .lowercaseLetter, .titlecaseLetter, .modifierLetter, .otherLetter:
      category = .letter
    case .decimalNumber, .letterNumber, .otherNumber:
      category = .number
    default:
      return .other
    }
    guard let age = scalar.properties.age, age.major <= referenceUnicodeMajor else { return .other }
    return category
  }
}
