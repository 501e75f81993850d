/// Feeds bytes to a parser in two pieces, cut at every place, and one byte at a time.
enum SplitPoints {
  /// The ways to cut bytes into pieces, the uncut one first.
  static func cuts(_ bytes: [UInt8]) -> [[ArraySlice<UInt8>]] {
    [[bytes[...]]] + (0...bytes.count).map { [bytes[..<$0], bytes[$0...]] }
      + [bytes.indices.map { bytes[$0...$0] }]
  }
}
