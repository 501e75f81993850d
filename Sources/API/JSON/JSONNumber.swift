/// A number as a JSON document spells it.
struct JSONNumber: Sendable {
  /// Beyond this, a double no longer tells neighbouring integers apart.
  private static let largestExact = 9_007_199_254_740_992.0
  /// Longer spellings carry no information that a double could hold.
  private static let lengthLimit = 64

  private let text: String

  /// Reads `-?(0|[1-9][0-9]*)(\.[0-9]+)?([eE][+-]?[0-9]+)?`; nil for anything else (RFC 8259 §6).
  init?(_ bytes: ArraySlice<UInt8>) {
    guard bytes.count <= Self.lengthLimit else { return nil }
    var rest = bytes
    if rest.first == UInt8(ascii: "-") { rest = rest.dropFirst() }
    let whole = Self.takeDigits(&rest)
    guard !whole.isEmpty, whole.count == 1 || whole.first != UInt8(ascii: "0") else { return nil }
    if rest.first == UInt8(ascii: ".") {
      rest = rest.dropFirst()
      guard !Self.takeDigits(&rest).isEmpty else { return nil }
    }
    if let mark = rest.first, mark | 0x20 == UInt8(ascii: "e") {
      rest = rest.dropFirst()
      if let sign = rest.first, [UInt8(ascii: "+"), UInt8(ascii: "-")].contains(sign) {
        rest = rest.dropFirst()
      }
      guard !Self.takeDigits(&rest).isEmpty else { return nil }
    }
    guard rest.isEmpty else { return nil }
    text = String(decoding: bytes, as: UTF8.self)
  }

  /// The nearest double.
  var double: Double? { Double(text) }

  /// The integer, if it is one: `4`, and also `4.0`, which JSON Schema does not tell apart.
  var integer: Int? {
    if let integer = Int(text) { return integer }
    guard let double, double == double.rounded(), abs(double) <= Self.largestExact
    else { return nil }
    return Int(double)
  }

  private static func takeDigits(_ rest: inout ArraySlice<UInt8>) -> ArraySlice<UInt8> {
    let digits = rest.prefix { (0x30...0x39).contains($0) }
    rest = rest.dropFirst(digits.count)
    return digits
  }
}
