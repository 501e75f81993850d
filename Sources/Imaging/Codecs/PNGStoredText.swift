import CCodecs
import Text

/// A parsed text chunk; its value may still be compressed.
struct PNGStoredText {
  let keyword: [UInt8]
  let isUTF8: Bool
  private let isCompressed: Bool
  private let payload: ByteView

  /// Parses a chunk; `nil` if it is not a text chunk.
  init?(_ chunk: PNGChunk) throws(ImagingError) {
    isUTF8 = chunk.type == .internationalText
    guard isUTF8 || chunk.type == .text || chunk.type == .compressedText else { return nil }
    guard let end = chunk.payload.firstOffset(of: 0, from: 0), (1...79).contains(end),
      let keyword = chunk.payload.slice(at: 0, count: end)
    else { throw ImagingError(.invalid, "the PNG has a text without a keyword") }
    self.keyword = keyword.copy
    let rest = chunk.payload.dropping(end + 1)
    if isUTF8 {
      (isCompressed, payload) = try Self.internationalText(rest)
    } else if chunk.type == .compressedText {
      guard rest[0] == 0 else { throw Self.unknownCompression }
      (isCompressed, payload) = (true, rest.dropping(1))
    } else {
      (isCompressed, payload) = (false, rest)
    }
  }

  private static let unknownCompression = ImagingError(
    .invalid, "the PNG has a text in an unknown compression")

  /// Parses `iTXt`: compression flag, method, language, NUL, translated keyword, NUL, text.
  private static func internationalText(
    _ rest: ByteView
  ) throws(ImagingError) -> (isCompressed: Bool, payload: ByteView) {
    guard let flag = rest[0], let method = rest[1],
      let languageEnd = rest.firstOffset(of: 0, from: 2),
      let keywordEnd = rest.firstOffset(of: 0, from: languageEnd + 1)
    else { throw ImagingError(.invalid, "the PNG has an unfinished iTXt chunk") }
    guard flag == 0 || (flag == 1 && method == 0) else { throw unknownCompression }
    return (flag == 1, rest.dropping(keywordEnd + 1))
  }

  /// Returns the text's bytes, decompressed; throws if they exceed `limit`.
  func value(limit: Int) throws(ImagingError) -> [UInt8] {
    let bytes = payload.copy
    guard isCompressed else {
      guard bytes.count <= limit else { throw Self.tooLarge }
      return bytes
    }
    // Most texts are short, and allocating the maximum for each of many would be slow.
    let usual = min(limit, 64 * bytes.count)
    if let value = try Self.inflated(bytes, capacity: usual) { return value }
    guard usual < limit, let value = try Self.inflated(bytes, capacity: limit) else {
      throw Self.tooLarge
    }
    return value
  }

  static let tooLarge = ImagingError(
    .tooLarge, "the PNG's texts are over the limit once decompressed")

  /// Inflates a zlib stream; `nil` if it needs more than `capacity` bytes.
  private static func inflated(
    _ bytes: [UInt8], capacity: Int
  ) throws(ImagingError) -> [UInt8]? {
    var status: CInt = 1
    let value = unsafe [UInt8](unsafeUninitializedCapacity: capacity) { output, written in
      unsafe bytes.withUnsafeBufferPointer { input in
        var count = 0
        status = unsafe iris_inflate(
          input.baseAddress, input.count, output.baseAddress, capacity, &count)
        written = status == 0 ? count : 0
      }
    }
    switch status {
    case 0: return value
    case 2: return nil
    default: throw ImagingError(.invalid, "the PNG has a corrupt compressed text")
    }
  }
}

/// Exif blocks in PNG text chunks, as ImageMagick, exiftool and others wrote them before the `eXIf`
/// chunk existed: a line with the profile's name, a line with its length, then hex digits.
struct PNGRawProfiles {
  /// The orientation of the first profile that contains one.
  private(set) var orientation: Orientation?

  /// Number of profiles still to read.
  ///
  /// A file has one, or one per keyword, and each costs its decompression.
  private var remaining = 2
  /// Maximum size of a text in bytes, enough for half a megabyte of Exif; JPEG allows at most 64
  /// KB.
  private static let textLimit = 1 << 20
  private static let keywords = ["raw profile type exif", "raw profile type app1"].map {
    Array($0.utf8)
  }

  /// Reads a chunk; unreadable profiles are ignored, because metadata is only a hint.
  mutating func read(_ chunk: PNGChunk) {
    guard orientation == nil, remaining > 0, Self.isText(chunk.type),
      let stored = try? PNGStoredText(chunk),
      Self.keywords.contains(stored.keyword.map(\.asciiLowercase))
    else { return }
    remaining -= 1
    guard let text = try? stored.value(limit: Self.textLimit) else { return }
    orientation = Orientation.stated(in: ByteView(Self.content(of: text)))
  }

  private static func isText(_ type: ChunkType) -> Bool {
    type == .text || type == .compressedText || type == .internationalText
  }

  /// Returns the bytes of a profile, which follow its name and length lines.
  private static func content(of text: [UInt8]) -> [UInt8] {
    let lines = text.split(separator: 0x0A, omittingEmptySubsequences: true).dropFirst(2)
    let digits = lines.joined().lazy.filter { $0 > 0x20 }.map(\.hexadecimalValue)
    var bytes: [UInt8] = []
    var high: UInt8?
    for digit in digits {
      guard let digit else { break }
      if let first = high {
        bytes.append(first << 4 | digit)
        high = nil
      } else {
        high = digit
      }
    }
    return bytes
  }
}
