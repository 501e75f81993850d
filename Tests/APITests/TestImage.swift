import Imaging

/// Image files made for the tests.
enum TestImage {
  static func png(width: Int, height: Int) throws -> [UInt8] {
    let pixels = (0..<width * height * 3).map { UInt8(truncatingIfNeeded: $0 &* 7) }
    return try PNGEncoder.encode(Raster(width: width, height: height, pixels: pixels))
  }

  /// A PNG that is transparent in its left half: of the colour that a `tRNS` chunk names.
  static func mask(width: Int, height: Int) throws -> [UInt8] {
    let key: [UInt8] = [1, 2, 3]
    let pixels = (0..<width * height).flatMap { $0 % width < width / 2 ? key : [9, 9, 9] }
    let plain = try PNGEncoder.encode(Raster(width: width, height: height, pixels: pixels))
    let content = Array("tRNS".utf8) + key.flatMap { [0, $0] }
    // Behind the signature and the header.
    return plain[..<33] + bigEndian(UInt32(content.count - 4)) + content
      + bigEndian(crc32(content)) + plain[33...]
  }

  /// A PNG of an exact length: a chunk that readers skip fills it up.
  static func png(byteCount: Int) throws -> [UInt8] {
    let plain = try png(width: 64, height: 64)
    let end = plain.suffix(12)
    let filling = [UInt8](repeating: 0x20, count: byteCount - plain.count - 12)
    let content = Array("teSt".utf8) + filling
    let chunk = bigEndian(UInt32(filling.count)) + content + bigEndian(crc32(content))
    return Array(plain[..<(plain.count - 12)]) + chunk + Array(end)
  }

  private static func bigEndian(_ value: UInt32) -> [UInt8] {
    [24, 16, 8, 0].map { UInt8(truncatingIfNeeded: value >> $0) }
  }

  private static func crc32(_ bytes: [UInt8]) -> UInt32 {
    let table: [UInt32] = (0..<256).map { (index: UInt32) -> UInt32 in
      var value = index
      for _ in 0..<8 { value = value & 1 == 1 ? value >> 1 ^ 0xEDB8_8320 : value >> 1 }
      return value
    }
    var crc: UInt32 = 0xFFFF_FFFF
    for byte in bytes { crc = crc >> 8 ^ table[Int((crc ^ UInt32(byte)) & 0xFF)] }
    return ~crc
  }
}
