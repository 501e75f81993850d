/// A directory of an Exif block: entries by their tags.
///
/// An Exif block is a TIFF file (TIFF 6.0, section 2) whose first directory describes the image and
/// points to a second one, the Exif directory.
struct ExifDirectory {
  /// The field types of TIFF 6.0 that are read here.
  enum FieldType {
    static let short: UInt16 = 3
    static let long: UInt16 = 4
    static let undefined: UInt16 = 7
  }

  /// One entry: a tag's values, which are in the entry or elsewhere in the block.
  struct Entry {
    let type: UInt16
    let count: Int
    /// The offset of the four bytes that hold the values, or the offset of these.
    fileprivate let valueOffset: Int
  }

  private static let jpegPrefix: [UInt8] = Array("Exif\0\0".utf8)

  let tiff: ByteView
  let order: ByteOrder
  private let offset: Int

  /// Opens the first directory; nil for what is no Exif block.
  /// - Parameter exif: A TIFF structure, with or without JPEG's prefix `Exif\0\0`.
  init?(_ exif: ByteView) {
    tiff = exif.starts(with: Self.jpegPrefix) ? exif.dropping(Self.jpegPrefix.count) : exif
    if tiff.starts(with: [0x49, 0x49, 0x2A, 0x00]) {
      order = .little
    } else if tiff.starts(with: [0x4D, 0x4D, 0x00, 0x2A]) {
      order = .big
    } else {
      return nil
    }
    guard let offset = tiff.uint32(at: 4, order) else { return nil }
    self.offset = Int(offset)
  }

  private init(of directory: ExifDirectory, at offset: Int) {
    (tiff, order) = (directory.tiff, directory.order)
    self.offset = offset
  }

  /// Returns the first entry of a tag; nil without one.
  func entry(_ tag: UInt16) -> Entry? {
    guard let entryCount = tiff.uint16(at: offset, order) else { return nil }
    for index in 0..<Int(entryCount) {
      let start = offset + 2 + index * 12
      guard let found = tiff.uint16(at: start, order) else { return nil }
      guard found == tag else { continue }
      guard let type = tiff.uint16(at: start + 2, order),
        let count = tiff.uint32(at: start + 4, order)
      else { return nil }
      return Entry(type: type, count: Int(count), valueOffset: start + 8)
    }
    return nil
  }

  /// Returns the only value of an entry of the type SHORT.
  func short(_ tag: UInt16) -> UInt16? {
    guard let entry = entry(tag), entry.type == FieldType.short else { return nil }
    return tiff.uint16(at: entry.valueOffset, order)
  }

  /// Returns the bytes of an entry of the type UNDEFINED that has more than four.
  func bytes(_ tag: UInt16) -> ByteView? {
    guard let entry = entry(tag), entry.type == FieldType.undefined, entry.count > 4,
      let start = tiff.uint32(at: entry.valueOffset, order)
    else { return nil }
    return tiff.slice(at: Int(start), count: entry.count)
  }

  /// Returns the directory to which an entry points.
  func directory(_ tag: UInt16) -> ExifDirectory? {
    guard let entry = entry(tag), entry.type == FieldType.long, entry.count == 1,
      let offset = tiff.uint32(at: entry.valueOffset, order)
    else { return nil }
    return ExifDirectory(of: self, at: Int(offset))
  }
}
