internal import Text

extension ForeignFormat {
  /// How much of a text is looked at; drawings begin with comments and declarations.
  private static let textLimit = 4096

  /// Tells what a text is, in UTF-8 or ASCII, of which a control character is no part.
  static func text(_ file: ByteView) -> ForeignFormat? {
    guard let start = file.slice(at: 0, count: min(file.count, textLimit)) else { return nil }
    var bytes = start.copy[...]
    bytes = bytes.dropFirst(ByteOrderMark.length(in: bytes))
    guard bytes.allSatisfy({ $0 >= 0x20 || (0x09...0x0D).contains($0) }),
      ByteString(whole(bytes, isCut: start.count < file.count)).isUTF8
    else { return nil }
    let folded = bytes.map(\.asciiLowercase)
    if contains(folded, "<svg") { return .svg }
    if contains(folded, "<!doctype html") || contains(folded, "<html") { return .webPage }
    return isBase64(bytes) ? .base64 : .text
  }

  /// Without the character that the end of what is looked at may have cut.
  private static func whole(_ bytes: ArraySlice<UInt8>, isCut: Bool) -> ArraySlice<UInt8> {
    guard isCut, let start = bytes.suffix(4).lastIndex(where: { $0 < 0x80 || $0 >= 0xC0 }) else {
      return bytes
    }
    return bytes[..<start]
  }

  private static func contains(_ text: [UInt8], _ word: StaticString) -> Bool {
    let word = word.withUTF8Buffer { unsafe Array($0) }
    guard text.count >= word.count else { return false }
    return (0...text.count - word.count).contains {
      text[$0] == word[0] && text[$0..<$0 + word.count].elementsEqual(word)
    }
  }

  /// An image, or a data URL of one, has no space in its first 64 characters.
  private static func isBase64(_ bytes: ArraySlice<UInt8>) -> Bool {
    let start = bytes.prefix(64)
    if start.starts(with: Array("data:image/".utf8)) { return true }
    return start.count == 64
      && start.allSatisfy {
        switch $0 {
        case 0x30...0x39, 0x41...0x5A, 0x61...0x7A, 0x2B, 0x2D, 0x2F, 0x5F: true
        default: false
        }
      }
  }
}
