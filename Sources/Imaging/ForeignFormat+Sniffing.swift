import Files
import Text

extension ForeignFormat {
  /// Returns the error for a file of no supported format, which names what it is if that is known.
  static func refusal(of bytes: [UInt8]) -> ImagingError {
    kindRefusal(of: bytes)
      ?? ImagingError(
        .unsupportedFormat, "the file is not an image in PNG, JPEG, WebP or GIF format")
  }

  private static func kindRefusal(of bytes: [UInt8]) -> ImagingError? {
    guard !bytes.isEmpty else { return empty.refusal }
    let file = ByteView(bytes)
    if let format = signature(of: file) ?? brand(of: file) ?? tiff(file) ?? framed(file) {
      return format.refusal
    }
    switch FileKind.sniff(bytes) {
    case .gitLFSPointer: return lfsPointer.refusal
    case nil, .empty, .text, .json, .xml, .webPage, .image, .isoMedia: return text(file)?.refusal
    case let kind?: return refusal(of: kind.words, advice: "send an image")
    }
  }

  private struct Signature {
    let bytes: [UInt8]
    let offset: Int
    let format: ForeignFormat

    init(_ format: ForeignFormat, _ bytes: [UInt8], at offset: Int = 0) {
      (self.format, self.bytes, self.offset) = (format, bytes, offset)
    }

    init(_ format: ForeignFormat, _ text: StaticString, at offset: Int = 0) {
      self.init(format, text.withUTF8Buffer { unsafe Array($0) }, at: offset)
    }
  }

  /// Tried in order; the first match wins.
  private static let signatures: [Signature] = [
    Signature(.damagedPNG, [0x89, 0x50, 0x4E, 0x47, 0x0A]),
    Signature(.damagedPNG, [0x89, 0x50, 0x4E, 0x47, 0x0D, 0x0A, 0x1A, 0x0D]),
    Signature(.damagedPNG, [0xEF, 0xBF, 0xBD, 0x50, 0x4E, 0x47]),
    Signature(.animatedPNG, [0x8A, 0x4D, 0x4E, 0x47]),
    Signature(.animatedPNG, [0x8B, 0x4A, 0x4E, 0x47]),
    Signature(.jpegXL, [0xFF, 0x0A]),
    Signature(.jpegXL, [0, 0, 0, 0x0C, 0x4A, 0x58, 0x4C, 0x20]),
    Signature(.jpeg2000, [0, 0, 0, 0x0C, 0x6A, 0x50, 0x20, 0x20]),
    Signature(.jpeg2000, [0xFF, 0x4F, 0xFF, 0x51]),
    Signature(.icon, [0, 0, 1, 0]), Signature(.icon, [0, 0, 2, 0]),
    Signature(.photoshop, "8BPS"), Signature(.gimp, "gimp xcf"), Signature(.qoi, "qoif"),
    Signature(.openEXR, [0x76, 0x2F, 0x31, 0x01]), Signature(.dds, "DDS "),
    Signature(.radiance, "#?RADIANCE"), Signature(.radiance, "#?RGBE"),
    Signature(.djvu, "AT&TFORM"), Signature(.dicom, "DICM", at: 128),
    Signature(.fits, "SIMPLE  ="), Signature(.pdf, "%PDF-"), Signature(.postScript, "%!PS"),
    Signature(.postScript, [0xC5, 0xD0, 0xD3, 0xC6]),
    Signature(.metafile, [0xD7, 0xCD, 0xC6, 0x9A]), Signature(.metafile, " EMF", at: 40),
    Signature(.cameraRaw, "FUJIFILMCCD-RAW"), Signature(.cameraRaw, "IIRO"),
    Signature(.cameraRaw, "IIRS"), Signature(.cameraRaw, "MMOR"),
    Signature(.cameraRaw, [0x49, 0x49, 0x55, 0]), Signature(.cameraRaw, "CR", at: 8),
    Signature(.video, [0x1A, 0x45, 0xDF, 0xA3]), Signature(.video, [0, 0, 1, 0xBA]),
    Signature(.video, "moov", at: 4), Signature(.video, "mdat", at: 4),
    Signature(.video, "wide", at: 4), Signature(.video, "AVI ", at: 8), Signature(.video, "FLV"),
    Signature(.audio, "WAVE", at: 8), Signature(.audio, "ID3"), Signature(.audio, "OggS"),
    Signature(.audio, "fLaC"),
    Signature(.archive, "Rar!"),
  ]

  private static func signature(of file: ByteView) -> ForeignFormat? {
    // Canon's mark is valid only in a TIFF; elsewhere the same two letters have no meaning.
    let isTIFF = isTIFF(file)
    return signatures.first {
      file.starts(with: $0.bytes, at: $0.offset) && ($0.bytes != [0x43, 0x52] || isTIFF)
    }?.format
  }

  /// Parses the `ftyp` box of ISO/IEC 14496-12: a major brand, a version, compatible brands.
  private static func brand(of file: ByteView) -> ForeignFormat? {
    guard file.starts(with: Array("ftyp".utf8), at: 4), let size = file.uint32(at: 0, .big) else {
      return nil
    }
    let end = min(Int(size), file.count, 256)
    let brands = ([8] + stride(from: 16, to: max(end, 16), by: 4)).compactMap {
      file.uint32(at: $0, .big).map { ChunkType($0) }
    }
    // The generic HEIF brands do not specify the coding.
    let told = brands.lazy.compactMap { codings[$0] }.first
    if let told { return told }
    return brands.contains("mif1") || brands.contains("msf1") ? .heic : .video
  }

  private static let codings: [ChunkType: ForeignFormat] = {
    let names: [(ForeignFormat, [ChunkType])] = [
      (.avif, ["avif", "avis"]),
      (.heic, ["heic", "heix", "hevc", "hevx", "heim", "heis", "hevm", "hevs"]),
      (.jpegXL, ["jxl "]), (.jpeg2000, ["jp2 ", "jpx "]), (.cameraRaw, ["crx "]),
      (.audio, ["M4A ", "M4B "]),
    ]
    var codings: [ChunkType: ForeignFormat] = [:]
    for (format, brands) in names {
      for brand in brands { codings[brand] = format }
    }
    return codings
  }()

  private static func isTIFF(_ file: ByteView) -> Bool {
    [
      [0x49, 0x49, 0x2A, 0], [0x4D, 0x4D, 0, 0x2A], [0x49, 0x49, 0x2B, 0], [0x4D, 0x4D, 0, 0x2B],
    ]
    .contains { file.starts(with: $0) }
  }

  /// Recognises raw files of cameras among TIFFs: a DNG version (tag 50706), or a maker (271) and
  /// directories below the first (330), as Nikon, Sony and Pentax have.
  private static func tiff(_ file: ByteView) -> ForeignFormat? {
    guard isTIFF(file) else { return nil }
    let order: ByteOrder = file[0] == 0x49 ? .little : .big
    guard let directory = file.uint32(at: 4, order).map({ Int($0) }),
      let count = file.uint16(at: directory, order)
    else { return .tiff }
    let tags = (0..<Int(count)).compactMap { file.uint16(at: directory + 2 + $0 * 12, order) }
    return tags.contains(50706) || (tags.contains(271) && tags.contains(330)) ? .cameraRaw : .tiff
  }

  /// Recognises formats whose first bytes alone are ambiguous.
  private static func framed(_ file: ByteView) -> ForeignFormat? {
    // The header's length, which identifies the BMP version, follows.
    if file.starts(with: Array("BM".utf8)), let size = file.uint32(at: 14, .little),
      [12, 16, 40, 52, 56, 64, 108, 124].contains(size)
    {
      return .bmp
    }
    if file[0] == 0x50, let kind = file[1], (0x31...0x37).contains(kind), let space = file[2],
      isSpace(space)
    {
      return .netpbm
    }
    // Version, run-length encoding, bits per pixel.
    if file[0] == 0x0A, let version = file[1], version <= 5, file[2] == 1,
      let bits = file[3], [1, 2, 4, 8].contains(bits)
    {
      return .pcx
    }
    if file.starts(with: Array("TRUEVISION-XFILE".utf8), at: file.count - 18) { return .targa }
    return nil
  }

  private static func isSpace(_ byte: UInt8) -> Bool {
    byte == 0x20 || (0x09...0x0D).contains(byte)
  }
}

extension ForeignFormat {
  /// Maximum number of text bytes to examine; drawings begin with comments and declarations.
  private static let textLimit = 4096

  /// Recognises text formats in UTF-8 or ASCII; text with control characters is rejected.
  static func text(_ file: ByteView) -> ForeignFormat? {
    guard let start = file.slice(at: 0, count: min(file.count, textLimit)) else { return nil }
    var bytes = start.copy[...]
    bytes = bytes.dropFirst(ByteOrderMark.length(in: bytes))
    guard bytes.allSatisfy({ $0 >= 0x20 || (0x09...0x0D).contains($0) }),
      ByteString(whole(bytes, isCut: start.count < file.count)).isUTF8
    else { return nil }
    let folded = bytes.map(\.asciiLowercase)
    if contains(folded, "<svg") { return .svg }
    if contains(folded, "<!doctype html") || contains(folded, "<html") { return .webPage }
    return isBase64(bytes) ? .base64 : .text
  }

  /// Returns the bytes without a character that was cut at their end.
  private static func whole(_ bytes: ArraySlice<UInt8>, isCut: Bool) -> ArraySlice<UInt8> {
    guard isCut, let start = bytes.suffix(4).lastIndex(where: { $0 < 0x80 || $0 >= 0xC0 }) else {
      return bytes
    }
    return bytes[..<start]
  }

  private static func contains(_ text: [UInt8], _ word: StaticString) -> Bool {
    let word = word.withUTF8Buffer { unsafe Array($0) }
    guard text.count >= word.count else { return false }
    return (0...text.count - word.count).contains {
      text[$0] == word[0] && text[$0..<$0 + word.count].elementsEqual(word)
    }
  }

  /// Returns whether the text looks like base64 or a data URL: no space in the first 64 characters.
  private static func isBase64(_ bytes: ArraySlice<UInt8>) -> Bool {
    let start = bytes.prefix(64)
    if start.starts(with: Array("data:image/".utf8)) { return true }
    return start.count == 64
      && start.allSatisfy {
        switch $0 {
        case 0x30...0x39, 0x41...0x5A, 0x61...0x7A, 0x2B, 0x2D, 0x2F, 0x5F: true
        default: false
        }
      }
  }
}
