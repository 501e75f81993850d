/// What the pre-tokenizer's pattern distinguishes about a character (spec §2.2).
///
/// `letter` and `number` are `\p{L}` and `\p{N}`; `newline` is `[\r\n]`; `space` is the rest of `\s`;
/// everything else, combining marks included, is `other`.
enum CharacterClass: Sendable {
  case letter
  case number
  case newline
  case space
  case other

  /// Newlines are white space too.
  var isWhitespace: Bool { self == .space || self == .newline }

  /// Characters assigned after this version of Unicode are neither letters nor numbers to the reference
  /// (tokenizers 0.23 knows Unicode 16; compared for every code point).
  private static let referenceUnicodeMajor = 16

  init(_ scalar: Unicode.Scalar) {
    self =
      switch scalar.value {
      case 0x0A, 0x0D: .newline
      case 0x09...0x0C, 0x20: .space
      case 0x30...0x39: .number
      case 0x41...0x5A, 0x61...0x7A: .letter
      case 0..<0x80: .other
      // U+001C...001F and the zero-width characters are not white space here.
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
