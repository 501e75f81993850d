extension IPAddress {
  /// The addresses that begin with the same bits.
  public struct Block: Hashable, Sendable {
    private let base: IPAddress
    private let bitCount: Int

    /// Reads an address, or `192.0.2.0/24` as RFC 4632 §3.1 has it; nil for anything else, and where
    /// bits behind the prefix are set: it is not clear then what was meant.
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

    /// Whether an address is one of them.
    public func contains(_ address: IPAddress) -> Bool {
      address.isVersion4 == base.isVersion4 && address.prefix(bitCount) == base
    }
  }
}
