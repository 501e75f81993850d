import JSON
import Text

/// Texts in an Exif block, as JPEG and WebP files hold them: the tag `UserComment` has one JSON object
/// with a member for each text.
///
/// `UserComment` is a code of eight bytes and a text; the code `UNICODE` stands for UTF-16 in the byte
/// order of the block (Exif 2.32, section 4.6.5).
enum ExifText {
  private static let userCommentTag: UInt16 = 0x9286
  private static let exifDirectoryTag: UInt16 = 0x8769
  private static let versionTag: UInt16 = 0x9000
  private static let unicode: [UInt8] = Array("UNICODE\0".utf8)
  /// More members than any image of this program has; bounds what is read of other files.
  private static let memberLimit = 256

  /// Returns an Exif block that holds texts, big-endian.
  static func block(_ texts: [ImageText]) -> [UInt8] {
    let object = JSONValue.object(texts.map { ($0.keyword, .string($0.value)) })
    let comment = unicode + object.text(.compact).utf16.flatMap { bytes($0) }
    // The header of 8 bytes; a directory of one entry, 18 bytes; one of two entries, 30 bytes.
    let (exifDirectory, content) = (UInt32(26), UInt32(56))
    var block = Array("MM\0*".utf8) + bytes(UInt32(8))
    block += bytes(UInt16(1))
    block += entry(
      exifDirectoryTag, ExifDirectory.FieldType.long, count: 1, value: bytes(exifDirectory))
    block += bytes(UInt32(0)) + bytes(UInt16(2))
    block += entry(
      versionTag, ExifDirectory.FieldType.undefined, count: 4, value: Array("0232".utf8))
    block += entry(
      userCommentTag, ExifDirectory.FieldType.undefined, count: UInt32(clamping: comment.count),
      value: bytes(content))
    block += bytes(UInt32(0))
    return block + comment
  }

  private static func entry(
    _ tag: UInt16, _ type: UInt16, count: UInt32, value: [UInt8]
  ) -> [UInt8] {
    bytes(tag) + bytes(type) + bytes(count) + value
  }

  private static func bytes(_ value: some FixedWidthInteger) -> [UInt8] {
    stride(from: value.bitWidth - 8, through: 0, by: -8).map {
      UInt8(truncatingIfNeeded: value >> $0)
    }
  }

  /// Returns the texts of an Exif block; none where it has no such comment, since metadata is a hint and
  /// the image is usable without it.
  /// - Parameter byteLimit: The most bytes of a comment that are read.
  static func read(_ exif: ByteView, byteLimit: Int) -> [ImageText] {
    guard let block = ExifDirectory(exif),
      let comment = block.directory(exifDirectoryTag)?.bytes(userCommentTag),
      comment.count <= byteLimit, comment.starts(with: unicode)
    else { return [] }
    let text = comment.dropping(unicode.count)
    let units = stride(from: 0, to: text.count - 1, by: 2).compactMap {
      text.uint16(at: $0, block.order)
    }
    let limits = JSONReader.Limits(depth: 2, values: memberLimit)
    guard
      case .object(let object)? = try? JSONValue(
        Array(String(decoding: units, as: UTF16.self).utf8), limits: limits)
    else { return [] }
    return object.members.compactMap { member in
      guard case .string(let value) = member.value, let value = value.string(limit: byteLimit),
        let keyword = member.name.string(limit: byteLimit)
      else { return nil }
      return ImageText(keyword: keyword, value: value)
    }
  }
}
