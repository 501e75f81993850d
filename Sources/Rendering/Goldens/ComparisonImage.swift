package import Imaging

/// Composes images side by side for visual comparison.
package enum ComparisonImage {
  /// Grey columns between images.
  package static let gap = 8
  private static let grey: UInt8 = 128

  /// Composes the recorded image, the new image and a map of their differences.
  /// - Parameters:
  ///   - before: The recorded image; nil to show only the new one.
  ///   - after: The new image.
  /// - Returns: The images from left to right, without the map if their sizes differ.
  package static func panels(before: Raster?, after: Raster) -> Raster {
    guard let before else { return after }
    guard let difference = ImageDifference(before, after) else {
      return sideBySide([before, after])
    }
    return sideBySide([before, after, map(before, after, worst: difference.maximum)])
  }

  /// Returns the absolute difference of each channel, scaled so that the largest is 255.
  private static func map(_ before: Raster, _ after: Raster, worst: Int) -> Raster {
    let pixels = before.pixels.indices.map { index in
      let difference = abs(Int(before.pixels[index]) - Int(after.pixels[index]))
      return UInt8(clamping: difference * 255 / max(worst, 1))
    }
    return Raster(width: before.width, height: before.height, pixels: pixels)
  }

  private static func sideBySide(_ panels: [Raster]) -> Raster {
    let height = panels.map(\.height).max() ?? 1
    let width = panels.map(\.width).reduce(gap * (panels.count - 1), +)
    var pixels: [UInt8] = []
    pixels.reserveCapacity(width * height * 3)
    for row in 0..<height {
      for (index, panel) in panels.enumerated() {
        if index > 0 { pixels += [UInt8](repeating: grey, count: gap * 3) }
        let count = panel.width * 3
        pixels +=
          row < panel.height
          ? panel.pixels[row * count..<(row + 1) * count]
          : ArraySlice(repeating: grey, count: count)
      }
    }
    return Raster(width: width, height: height, pixels: pixels)
  }
}
