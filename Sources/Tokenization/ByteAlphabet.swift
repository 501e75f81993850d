/// The printable character that stands for each byte in byte-level vocabularies (spec §2.2, step 4).
enum ByteAlphabet {
  /// Bytes 33...126, 161...172 and 174...255 stand for themselves; the other 68, in increasing order,
  /// are U+0100, U+0101, and so on.
  static let scalars: [Unicode.Scalar] = {
    var next: UInt8 = 0
    return (0...255).map { (byte: UInt8) in
      switch byte {
      case 33...126, 161...172, 174...255: return Unicode.Scalar(byte)
      default:
        defer { next += 1 }
        return Unicode.Scalar(0x100 + UInt16(next)) ?? Unicode.Scalar(byte)
      }
    }
  }()

  /// The vocabulary spelling of a single byte, in UTF-8.
  static func spelling(of byte: UInt8) -> ArraySlice<UInt8> {
    Array(UTF8.encode(scalars[Int(byte)]) ?? UTF8.encodedReplacementCharacter)[...]
  }
}
