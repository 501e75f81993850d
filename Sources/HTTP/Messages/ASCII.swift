import Text

/// The octets that the syntax of RFC 9110 and RFC 9112 gives a meaning.
enum ASCII {
  static let tab = UInt8(ascii: "\t")
  static let lineFeed = UInt8(ascii: "\n")
  static let carriageReturn = UInt8(ascii: "\r")
  static let space = UInt8(ascii: " ")
  static let quote = UInt8(ascii: "\"")
  static let percent = UInt8(ascii: "%")
  static let backslash = UInt8(ascii: "\\")
  static let delete: UInt8 = 0x7F
}

extension UInt8 {
  var isDigit: Bool { (0x30...0x39).contains(self) }

  var isLetter: Bool { (0x61...0x7A).contains(self | 0x20) }

  /// Space or tab: `OWS` of RFC 9110 §5.6.3.
  var isBlank: Bool { self == ASCII.space || self == ASCII.tab }

  /// `tchar` of RFC 9110 §5.6.2.
  var isTokenCharacter: Bool {
    if isDigit || isLetter { return true }
    switch self {
    case 0x21, 0x23...0x27, 0x2A, 0x2B, 0x2D, 0x2E, 0x5E...0x60, 0x7C, 0x7E: return true
    default: return false
    }
  }

  /// `pchar` of RFC 3986 §3.3 except the percent sign.
  var isPathCharacter: Bool {
    if isDigit || isLetter { return true }
    switch self {
    case 0x21, 0x24, 0x26...0x2E, 0x3A, 0x3B, 0x3D, 0x40, 0x5F, 0x7E: return true
    default: return false
    }
  }

  /// Any octet but controls, for field values; UTF-8 is checked separately.
  var isFieldCharacter: Bool { self == ASCII.tab || (self >= ASCII.space && self != ASCII.delete) }

  /// An octet of a host and port: letters, digits, and the marks of names, IPv6 addresses and ports.
  var isHostCharacter: Bool {
    isDigit || isLetter || [0x2D, 0x2E, 0x3A, 0x5B, 0x5D, 0x5F].contains(self)
  }
}

extension ArraySlice<UInt8> {
  /// The decimal number that the slice holds; nil unless it is digits only and fits.
  var decimalValue: Int? { ByteString(self).decimal }
}

extension ByteString {
  /// True if it has only the characters of a host with or without a port.
  var isHostAndPort: Bool { !isEmpty && allSatisfy(\.isHostCharacter) }
}
