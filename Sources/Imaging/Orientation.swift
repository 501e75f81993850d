/// The orientation of a stored image, as in the Exif `Orientation` tag.
public enum Orientation: UInt8, Sendable, CaseIterable {
  /// Stored upright.
  case upright = 1
  /// Mirrored left to right.
  case mirrored = 2
  /// Upside down, rotated by 180°.
  case halfTurned = 3
  /// Mirrored top to bottom.
  case flipped = 4
  /// Mirrored along the main diagonal.
  case transposed = 5
  /// Requires a quarter turn clockwise.
  case quarterTurned = 6
  /// Mirrored along the other diagonal.
  case transversed = 7
  /// Requires a quarter turn counter-clockwise.
  case threeQuarterTurned = 8

  /// True if making the image upright exchanges width and height.
  public var exchangesSides: Bool { rawValue >= 5 }
}

extension Orientation {
  /// Tag 274 of TIFF 6.0, on which Exif is based.
  private static let tag: UInt16 = 0x0112
  /// Reads the orientation of an Exif block; anything unreadable counts as upright, because
  /// metadata is only a hint and the pixels are usable without it.
  /// - Parameter exif: A TIFF structure, with or without JPEG's prefix `Exif\0\0`.
  init(exif: ByteView) {
    self = Self.stated(in: exif) ?? .upright
  }

  /// Returns the orientation stated in an Exif block; `nil` if none can be read.
  static func stated(in exif: ByteView) -> Orientation? {
    ExifDirectory(exif)?.short(tag).flatMap { UInt8(exactly: $0) }.flatMap(Self.init(rawValue:))
  }
}

extension Raster {
  /// Returns a stored image turned upright.
  /// - Parameter orientation: The orientation of the stored image.
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

  /// Maps the upright image's pixels to the stored ones: pixel `(x, y)` is at `start + x ·
  /// perColumn + y · perRow`, always within the stored image.
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
