public import Text

/// A number as a JSON text spells it.
public struct JSONNumber: Sendable {
  /// Beyond this, a double no longer tells neighbouring integers apart.
  private static let largestExact = 9_007_199_254_740_992.0
  /// Longer spellings carry no information that a double could hold.
  private static let lengthLimit = 64

  private let text: String

  /// Reads `-?(0|[1-9][0-9]*)(\.[0-9]+)?([eE][+-]?[0-9]+)?`; nil for anything else (RFC 8259 §6).
  public init?(_ spelling: ByteString) {
    guard spelling.count <= Self.lengthLimit else { return nil }
    var rest = spelling.bytes
    if rest.first == UInt8(ascii: "-") { rest = rest.dropFirst() }
    let whole = Self.takeDigits(&rest)
    guard !whole.isEmpty, whole.count == 1 || whole.first != UInt8(ascii: "0") else { return nil }
    if rest.first == UInt8(ascii: ".") {
      rest = rest.dropFirst()
      guard !Self.takeDigits(&rest).isEmpty else { return nil }
    }
    if let mark = rest.first, mark | 0x20 == UInt8(ascii: "e") {
      rest = rest.dropFirst()
      if rest.first == UInt8(ascii: "+") || rest.first == UInt8(ascii: "-") {
        rest = rest.dropFirst()
      }
      guard !Self.takeDigits(&rest).isEmpty else { return nil }
    }
    guard rest.isEmpty else { return nil }
    text = String(decoding: spelling.bytes, as: UTF8.self)
  }

  /// A number that the program itself writes down.
  public init(_ value: Int) { text = "\(value)" }

  /// The nearest double; nil beyond the largest.
  public var double: Double? { Double(text).flatMap { $0.isFinite ? $0 : nil } }

  /// The integer, if it is one: `4`, and also `4.0`, which JSON Schema does not tell apart.
  public var integer: Int? { integer(as: Int.self) }

  /// The integer of a type, if it is one that fits.
  public func integer<Integer: FixedWidthInteger>(as type: Integer.Type) -> Integer? {
    if let integer = Integer(text) { return integer }
    guard let double, double == double.rounded(), abs(double) <= Self.largestExact
    else { return nil }
    return Integer(exactly: double)
  }

  private static func takeDigits(_ rest: inout ArraySlice<UInt8>) -> ArraySlice<UInt8> {
    let digits = rest.prefix { (0x30...0x39).contains($0) }
    rest = rest.dropFirst(digits.count)
    return digits
  }
}

extension JSONNumber: Equatable {
  /// Whether both are the same number, however they are spelled.
  public static func == (first: JSONNumber, second: JSONNumber) -> Bool {
    if let first = first.integer, let second = second.integer { return first == second }
    return first.double == second.double
  }
}
