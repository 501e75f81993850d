/// The mark with which some clients begin a body; RFC 8259 §8.1 lets readers of JSON pass over it.
enum ByteOrderMark {
  private static let bytes: [UInt8] = [0xEF, 0xBB, 0xBF]

  /// How many bytes of a body it takes: none, where the body begins with something else.
  static func length(in body: [UInt8]) -> Int { body.starts(with: bytes) ? bytes.count : 0 }
}
