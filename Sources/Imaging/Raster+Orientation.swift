extension Raster {
  /// Turns a stored image upright.
  /// - Parameter orientation: How the image is stored.
  /// - Returns: The upright image; width and height are exchanged for quarter turns.
  public func upright(from orientation: Orientation) -> Raster {
    guard orientation != .upright else { return self }
    let walk = Walk(orientation: orientation, width: width, height: height)
    let (newWidth, newHeight) = orientation.exchangesSides ? (height, width) : (width, height)
    let count = pixels.count
    let turned = unsafe [UInt8](unsafeUninitializedCapacity: count) { output, written in
      unsafe pixels.withUnsafeBufferPointer { input in
        var target = 0
        for row in 0..<newHeight {
          var source = (walk.start + row * walk.perRow) * 3
          for _ in 0..<newWidth {
            unsafe output[target] = input[source]
            unsafe output[target &+ 1] = input[source &+ 1]
            unsafe output[target &+ 2] = input[source &+ 2]
            target &+= 3
            source &+= walk.perColumn &* 3
          }
        }
      }
      written = count
    }
    return Raster(width: newWidth, height: newHeight, pixels: turned)
  }

  /// Where the upright image's pixels lie in the stored one:
  /// pixel `(x, y)` at `start + x · perColumn + y · perRow`, all within the stored image.
  private struct Walk {
    let start: Int
    let perColumn: Int
    let perRow: Int

    init(orientation: Orientation, width: Int, height: Int) {
      let lastColumn = width - 1
      let lastRow = (height - 1) * width
      (start, perColumn, perRow) =
        switch orientation {
        case .upright: (0, 1, width)
        case .mirrored: (lastColumn, -1, width)
        case .halfTurned: (lastRow + lastColumn, -1, -width)
        case .flipped: (lastRow, 1, -width)
        case .transposed: (0, width, 1)
        case .quarterTurned: (lastRow, -width, 1)
        case .transversed: (lastRow + lastColumn, -width, -1)
        case .threeQuarterTurned: (lastColumn, width, -1)
        }
    }
  }
}
