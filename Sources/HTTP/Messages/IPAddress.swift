import Text

/// An IPv4 or IPv6 address.
///
/// An IPv4 address and its mapped IPv6 address (`::ffff:a.b.c.d`, which a dual-stack socket reports)
/// are equal.
public struct IPAddress: Hashable, Sendable {
  /// The upper 64 of the 128 bits; IPv4 is in its mapped form (RFC 4291 §2.5.5.2).
  let high: UInt64
  /// The lower 64 bits.
  let low: UInt64

  /// An address from the bits of an IPv6 or mapped IPv4 address.
  package init(high: UInt64, low: UInt64) {
    self.high = high
    self.low = low
  }

  /// True if it is an IPv4 address.
  public var isVersion4: Bool { high == 0 && low >> 32 == 0xFFFF }

  /// True if it is a loopback address: 127.0.0.0/8 or ::1.
  public var isLoopback: Bool {
    isVersion4 ? low >> 24 & 0xFF == 127 : high == 0 && low == 1
  }

  /// Returns the address with all but its first `count` bits cleared, of 32 for IPv4 or 128 for IPv6.
  func prefix(_ count: Int) -> IPAddress {
    let bits = isVersion4 ? 96 + count : count
    return IPAddress(
      high: high & Self.mask(min(bits, 64)), low: low & Self.mask(max(bits - 64, 0)))
  }

  /// Returns 64 bits of which the first `count` are set.
  private static func mask(_ count: Int) -> UInt64 { count == 0 ? 0 : ~0 << UInt64(64 - count) }
}

extension IPAddress: CustomStringConvertible {
  /// The canonical text of RFC 5952: lower case, the longest run of zeroes as `::`.
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

  /// Returns the first of the longest runs of at least two zeroes.
  private static func longestZeros(_ groups: [UInt64]) -> Range<Int>? {
    var best = 0..<1
    for start in groups.indices {
      let end = groups[start...].firstIndex { $0 != 0 } ?? groups.count
      if end - start > best.count { best = start..<end }
    }
    return best.count > 1 ? best : nil
  }
}

extension IPAddress {
  /// Parses `192.0.2.1` or `2001:db8::1`, without brackets, port or zone; nil for anything else.
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

  /// Parses four decimal numbers without leading zeroes, which some parsers take for octal.
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

  /// Parses eight groups, of which `::` may stand for one run of zeroes.
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

  /// Parses groups of up to four hexadecimal digits; the last two may be written as an IPv4 address.
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

extension IPAddress {
  /// A CIDR block: the addresses that share a prefix.
  public struct Block: Hashable, Sendable {
    private let base: IPAddress
    private let bitCount: Int

    /// Parses an address or a block such as `192.0.2.0/24` (RFC 4632 §3.1).
    ///
    /// Nil for anything else, and if bits after the prefix are set, since the meaning is then unclear.
    public init?(_ text: some Collection<UInt8>) {
      let parts = text.split(
        separator: UInt8(ascii: "/"), maxSplits: 1, omittingEmptySubsequences: false)
      guard let first = parts.first, let address = IPAddress(first) else { return nil }
      let longest = address.isVersion4 ? 32 : 128
      var bitCount = longest
      if parts.count > 1 {
        guard parts[1].count <= 3, let number = ArraySlice(parts[1]).decimalValue,
          number <= longest, address.prefix(number) == address
        else { return nil }
        bitCount = number
      }
      base = address
      self.bitCount = bitCount
    }

    /// Returns whether the block holds an address.
    public func contains(_ address: IPAddress) -> Bool {
      address.isVersion4 == base.isVersion4 && address.prefix(bitCount) == base
    }
  }
}

/// The address of a connection's peer.
public enum RemoteAddress: Hashable, Sendable, CustomStringConvertible {
  /// A host of a network, or this machine's loopback.
  case ip(IPAddress)
  /// A process of this machine, through a socket in the file system.
  case unix

  /// The address, or `unix`.
  public var description: String {
    switch self {
    case .ip(let address): "\(address)"
    case .unix: "unix"
    }
  }
}

extension RemoteAddress {
  /// The address range that counts as one client: an IPv4 address or an IPv6 /64 (RFC 6177); nil for
  /// a unix socket.
  var network: IPAddress? {
    switch self {
    case .ip(let address): address.isVersion4 ? address : address.prefix(64)
    case .unix: nil
    }
  }
}
