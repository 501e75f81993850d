package import Imaging

/// Puts images side by side, so that one look tells what became of them.
package enum ComparisonImage {
  /// Columns of grey between images.
  package static let gap = 8
  private static let grey: UInt8 = 128

  /// An image as it was, as it is, and where they differ.
  /// - Parameters:
  ///   - before: The recorded image; nil leaves the new one alone.
  ///   - after: The new image.
  /// - Returns: The images from left to right. Without a common size there is no map.
  package static func panels(before: Raster?, after: Raster) -> Raster {
    guard let before else { return after }
    guard let difference = ImageDifference(before, after) else {
      return sideBySide([before, after])
    }
    return sideBySide([before, after, map(before, after, worst: difference.maximum)])
  }

  /// Each channel's difference, as many times larger as makes the worst of them 255.
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
