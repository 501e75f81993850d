/// How a stored image must be turned to stand upright: the Exif `Orientation` tag.
public enum Orientation: UInt8, Sendable, CaseIterable {
  /// Stored upright.
  case upright = 1
  /// Mirrored left to right.
  case mirrored = 2
  /// Upside down.
  case halfTurned = 3
  /// Mirrored top to bottom.
  case flipped = 4
  /// Mirrored along the main diagonal.
  case transposed = 5
  /// Needs a quarter turn clockwise.
  case quarterTurned = 6
  /// Mirrored along the other diagonal.
  case transversed = 7
  /// Needs a quarter turn counter-clockwise.
  case threeQuarterTurned = 8

  /// Whether turning exchanges width and height.
  public var exchangesSides: Bool { rawValue >= 5 }
}

extension Orientation {
  /// Tag 274 of TIFF 6.0, which Exif inherits.
  private static let tag: UInt16 = 0x0112
  /// Field type SHORT of TIFF 6.0.
  private static let shortType: UInt16 = 3

  /// Finds the orientation in an Exif block; anything unreadable counts as upright, since
  /// metadata is a hint and the pixels stand on their own.
  /// - Parameter exif: A TIFF structure, with or without the `Exif\0\0` that JPEG puts before it.
  init(exif: ByteView) {
    self = Self.stated(in: exif) ?? .upright
  }

  /// What an Exif block says, or `nil` where it says nothing that can be read.
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
