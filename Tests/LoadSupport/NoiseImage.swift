import Imaging
import TestSupport

/// Images that no compression makes smaller.
package enum NoiseImage {
  /// A square PNG of three bytes a pixel, and a little more.
  package static func png(side: Int) throws -> [UInt8] {
    var generator = SeededGenerator(seed: 1)
    let pixels = (0..<side * side * 3).map { _ in UInt8(truncatingIfNeeded: generator.next()) }
    return try PNGEncoder.encode(Raster(width: side, height: side, pixels: pixels))
  }
}
