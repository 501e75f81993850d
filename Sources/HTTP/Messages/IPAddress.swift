/// An address of the Internet Protocol, version 4 or 6.
///
/// A version 4 address and the version 6 address that stands for it (`::ffff:a.b.c.d`, which a socket
/// for both versions reports) are one address here.
public struct IPAddress: Hashable, Sendable {
  /// The 128 bits, from the most significant; version 4 in its mapped form (RFC 4291 §2.5.5.2).
  let high: UInt64
  let low: UInt64

  /// The bits of a version 6 address, or of a mapped one.
  package init(high: UInt64, low: UInt64) {
    self.high = high
    self.low = low
  }

  /// Whether it is a version 4 address.
  public var isVersion4: Bool { high == 0 && low >> 32 == 0xFFFF }

  /// Whether only this machine has it: 127.0.0.0/8 and ::1.
  public var isLoopback: Bool {
    isVersion4 ? low >> 24 & 0xFF == 127 : high == 0 && low == 1
  }

  /// The first `count` bits, the others cleared; of a version 4 address's 32 or the 128.
  func prefix(_ count: Int) -> IPAddress {
    let bits = isVersion4 ? 96 + count : count
    return IPAddress(
      high: high & Self.mask(min(bits, 64)), low: low & Self.mask(max(bits - 64, 0)))
  }

  /// Ones in the first `count` of 64 places.
  private static func mask(_ count: Int) -> UInt64 { count == 0 ? 0 : ~0 << UInt64(64 - count) }
}

extension IPAddress: CustomStringConvertible {
  /// As RFC 5952 has it: lower case, the longest run of zeroes left out.
  public var description: String {
    guard !isVersion4 else {
      return [24, 16, 8, 0].map { "\(low >> $0 & 0xFF)" }.joined(separator: ".")
    }
    let groups = [high, low].flatMap { half in [48, 32, 16, 0].map { half >> $0 & 0xFFFF } }
    let words = groups.map { String($0, radix: 16) }
    guard let zeros = Self.longestZeros(groups) else { return words.joined(separator: ":") }
    return words[..<zeros.lowerBound].joined(separator: ":") + "::"
      + words[zeros.upperBound...].joined(separator: ":")
  }

  /// The first of the longest runs of at least two zeroes.
  private static func longestZeros(_ groups: [UInt64]) -> Range<Int>? {
    var best = 0..<1
    for start in groups.indices {
      let end = groups[start...].firstIndex { $0 != 0 } ?? groups.count
      if end - start > best.count { best = start..<end }
    }
    return best.count > 1 ? best : nil
  }
}
