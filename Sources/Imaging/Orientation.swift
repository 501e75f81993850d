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
  /// Field type SHORT of TIFF 6.0.
  private static let shortType: UInt16 = 3

  /// Reads the orientation of an Exif block; anything unreadable counts as upright, because
  /// metadata is only a hint and the pixels are usable without it.
  /// - Parameter exif: A TIFF structure, with or without JPEG's prefix `Exif\0\0`.
  init(exif: ByteView) {
    self = Self.stated(in: exif) ?? .upright
  }

  /// Returns the orientation stated in an Exif block; `nil` if none can be read.
  static func stated(in exif: ByteView) -> Orientation? {
    let prefix: [UInt8] = [0x45, 0x78, 0x69, 0x66, 0, 0]
    return firstDirectoryOrientation(
      exif.starts(with: prefix) ? exif.dropping(prefix.count) : exif)
  }

  private static func firstDirectoryOrientation(_ tiff: ByteView) -> Orientation? {
    let order: ByteOrder
    if tiff.starts(with: [0x49, 0x49, 0x2A, 0x00]) {
      order = .little
    } else if tiff.starts(with: [0x4D, 0x4D, 0x00, 0x2A]) {
      order = .big
    } else {
      return nil
    }
    guard let directory = tiff.uint32(at: 4, order).map({ Int($0) }),
      let entryCount = tiff.uint16(at: directory, order)
    else { return nil }
    for entry in 0..<Int(entryCount) {
      let offset = directory + 2 + entry * 12
      guard let tag = tiff.uint16(at: offset, order) else { return nil }
      guard tag == Self.tag else { continue }
      guard tiff.uint16(at: offset + 2, order) == shortType,
        let value = tiff.uint16(at: offset + 8, order)
      else { return nil }
      return UInt8(exactly: value).flatMap(Orientation.init(rawValue:))
    }
    return nil
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
