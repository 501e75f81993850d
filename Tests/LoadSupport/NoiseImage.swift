import Imaging

/// Images that no compression makes smaller.
package enum NoiseImage {
  /// A square PNG of three bytes a pixel, and a little more.
  package static func png(side: Int) throws -> [UInt8] {
    var state: UInt64 = 0x9E37_79B9_7F4A_7C15
    let pixels = (0..<side * side * 3).map { _ in
      // Marsaglia, *Xorshift RNGs*, Journal of Statistical Software 8(14), 2003.
      state ^= state << 13
      state ^= state >> 7
      state ^= state << 17
      return UInt8(truncatingIfNeeded: state >> 24)
    }
    return try PNGEncoder.encode(Raster(width: side, height: side, pixels: pixels))
  }
}
