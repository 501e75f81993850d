/// The supported file formats.
///
/// Recognised by the first bytes; a file's name and declared type are ignored.
public enum ImageFormat: String, Sendable, CaseIterable {
  /// Portable Network Graphics.
  case png
  /// JPEG, baseline or progressive.
  case jpeg
  /// WebP, lossy or lossless.
  case webp
  /// Graphics Interchange Format, 87a or 89a.
  case gif

  /// The PNG signature.
  static let pngSignature: [UInt8] = [0x89, 0x50, 0x4E, 0x47, 0x0D, 0x0A, 0x1A, 0x0A]

  /// Recognises a format by its first bytes.
  /// - Parameter bytes: A file, or at least its first 12 bytes.
  /// - Returns: The format, or `nil` if it is not supported.
  public static func sniff(_ bytes: [UInt8]) -> ImageFormat? {
    let file = ByteView(bytes)
    if file.starts(with: pngSignature) { return .png }
    if file.starts(with: [0xFF, 0xD8, 0xFF]) { return .jpeg }
    if file.starts(with: Array("RIFF".utf8)), file.starts(with: Array("WEBP".utf8), at: 8) {
      return .webp
    }
    if file.starts(with: Array("GIF87a".utf8)) || file.starts(with: Array("GIF89a".utf8)) {
      return .gif
    }
    return nil
  }

  /// The name for messages.
  var name: String {
    switch self {
    case .png: "PNG"
    case .jpeg: "JPEG"
    case .webp: "WebP"
    case .gif: "GIF"
    }
  }
}
