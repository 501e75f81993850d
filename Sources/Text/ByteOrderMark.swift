/// The mark with which some programs begin a text in UTF-8; RFC 8259 §8.1 lets readers of JSON pass over it.
public enum ByteOrderMark {
  private static let bytes: [UInt8] = [0xEF, 0xBB, 0xBF]

  /// How many bytes of a text it takes: none, where the text begins with something else.
  public static func length(in text: some Collection<UInt8>) -> Int {
    text.starts(with: bytes) ? bytes.count : 0
  }
}
