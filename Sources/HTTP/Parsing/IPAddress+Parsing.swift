internal import Text

extension IPAddress {
  /// Reads `192.0.2.1` or `2001:db8::1`, without brackets, port or zone; nil for anything else.
  public init?(_ text: some Collection<UInt8>) {
    let text = Array(text)
    // The longest spelling has 45 characters (RFC 4291 §2.2).
    guard text.count <= 45 else { return nil }
    if text.contains(UInt8(ascii: ":")) {
      guard let halves = Self.version6(text[...]) else { return nil }
      self.init(high: halves.high, low: halves.low)
    } else {
      guard let bits = Self.version4(text[...]) else { return nil }
      self.init(high: 0, low: 0xFFFF << 32 | bits)
    }
  }

  /// Four decimal numbers without leading zeroes, which some readers take for octal.
  private static func version4(_ text: ArraySlice<UInt8>) -> UInt64? {
    let parts = text.split(separator: UInt8(ascii: "."), omittingEmptySubsequences: false)
    guard parts.count == 4 else { return nil }
    return parts.reduce(UInt64?(0)) { bits, part in
      guard let bits, part.count <= 3, let number = part.decimalValue, number <= 255,
        part.count == 1 || part.first != UInt8(ascii: "0")
      else { return nil }
      return bits << 8 | UInt64(number)
    }
  }

  /// Eight groups, of which one run may be left out.
  private static func version6(_ text: ArraySlice<UInt8>) -> (high: UInt64, low: UInt64)? {
    let colon = UInt8(ascii: ":")
    let gap = text.indices.first {
      $0 + 1 < text.endIndex && text[$0] == colon && text[$0 + 1] == colon
    }
    guard let gap else {
      guard let groups = groups(text), groups.count == 8 else { return nil }
      return joined(groups)
    }
    guard let before = groups(text[..<gap]), let after = groups(text[(gap + 2)...]) else {
      return nil
    }
    let missing = 8 - before.count - after.count
    guard missing > 0, before.isEmpty || !text[..<gap].contains(UInt8(ascii: ".")) else {
      return nil
    }
    return joined(before + Array(repeating: 0, count: missing) + after)
  }

  /// Groups of up to four hexadecimal digits; the last two may be written as a version 4 address.
  private static func groups(_ text: ArraySlice<UInt8>) -> [UInt64]? {
    guard !text.isEmpty else { return [] }
    let parts = text.split(separator: UInt8(ascii: ":"), omittingEmptySubsequences: false)
    var groups: [UInt64] = []
    for (index, part) in parts.enumerated() {
      if index == parts.count - 1, part.contains(UInt8(ascii: ".")) {
        guard let bits = version4(part) else { return nil }
        groups += [bits >> 16, bits & 0xFFFF]
      } else {
        guard let group = group(part) else { return nil }
        groups.append(group)
      }
    }
    return groups
  }

  private static func group(_ text: ArraySlice<UInt8>) -> UInt64? {
    guard (1...4).contains(text.count) else { return nil }
    return text.reduce(UInt64?(0)) { value, digit in
      guard let value, let digit = digit.hexadecimalValue else { return nil }
      return value << 4 | UInt64(digit)
    }
  }

  private static func joined(_ groups: [UInt64]) -> (high: UInt64, low: UInt64) {
    let halves = [groups[..<4], groups[4...]].map { $0.reduce(0) { $0 << 16 | $1 } }
    return (halves[0], halves[1])
  }
}
