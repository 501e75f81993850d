import Imaging

/// Encodes images as sixels: bands of six rows, in a palette of 6 x 6 x 6 colours.
enum SixelEncoder {
  private static let levels = 6

  /// Encodes an image.
  /// - Parameters:
  ///   - raster: The image.
  ///   - width: The width in pixels to draw, at most the image's.
  static func encode(_ raster: Raster, width: Int) -> [UInt8] {
    let height = max(1, raster.height * width / max(raster.width, 1))
    var bytes = Array("\u{1B}P0;1q\"1;1;\(width);\(height)".utf8) + palette
    for top in stride(from: 0, to: height, by: 6) {
      let rows = (top..<min(top + 6, height)).map { row in
        colours(of: raster, row: row, width: width, height: height)
      }
      bytes += band(rows, width: width)
    }
    return bytes + Array("\u{1B}\\".utf8)
  }

  private static var palette: [UInt8] {
    (0..<(levels * levels * levels)).flatMap { index in
      let parts = [index / (levels * levels), index / levels % levels, index % levels]
      return Array("#\(index);2;".utf8)
        + Array(parts.map { "\($0 * 100 / (levels - 1))" }.joined(separator: ";").utf8)
    }
  }

  /// Ordered dithering with a 4 x 4 Bayer matrix, against visible bands of colour.
  private static let dither: [Int] = [0, 8, 2, 10, 12, 4, 14, 6, 3, 11, 1, 9, 15, 7, 13, 5]

  private static func colours(
    of raster: Raster, row: Int, width: Int, height: Int
  ) -> [Int] {
    let source = row * raster.height / height * raster.width
    return (0..<width).map { column in
      let pixel = (source + column * raster.width / width) * 3
      let threshold = dither[row % 4 * 4 + column % 4] * 255 / 16
      return (0..<3).reduce(0) { index, channel in
        index * levels + (Int(raster.pixels[pixel + channel]) * (levels - 1) + threshold) / 255
      }
    }
  }

  /// One band: a mask of pixels for each colour in turn.
  private static func band(_ rows: [[Int]], width: Int) -> [UInt8] {
    var masks: [Int: [UInt8]] = [:]
    for (bit, row) in rows.enumerated() {
      for (column, colour) in row.enumerated() {
        masks[colour, default: Array(repeating: 0, count: width)][column] |= 1 << UInt8(bit)
      }
    }
    var bytes: [UInt8] = []
    for colour in masks.keys.sorted() {
      bytes += Array("#\(colour)".utf8) + runs(masks[colour] ?? []) + [UInt8(ascii: "$")]
    }
    return bytes + [UInt8(ascii: "-")]
  }

  /// Run-length encodes a mask: `!COUNT SIGN` for more than three equal signs.
  private static func runs(_ mask: [UInt8]) -> [UInt8] {
    var (bytes, index): ([UInt8], Int) = ([], 0)
    while index < mask.count {
      let end = mask[index...].firstIndex { $0 != mask[index] } ?? mask.count
      let (count, sign) = (end - index, mask[index] + 0x3F)
      bytes += count > 3 ? Array("!\(count)".utf8) + [sign] : Array(repeating: sign, count: count)
      index = end
    }
    return bytes
  }
}
