import CCodecs
import Text

/// A text chunk taken apart, its value still compressed if it came so.
struct PNGStoredText {
  let keyword: [UInt8]
  let isUTF8: Bool
  private let isCompressed: Bool
  private let payload: ByteView

  /// Takes a chunk apart; `nil` when it is not a text chunk.
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

  /// Compression flag, method, language, NUL, translated keyword, NUL, text.
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

  /// The text's bytes, decompressed; over `limit` bytes is an error.
  func value(limit: Int) throws(ImagingError) -> [UInt8] {
    let bytes = payload.copy
    guard isCompressed else {
      guard bytes.count <= limit else { throw Self.tooLarge }
      return bytes
    }
    // Most texts are short, and a buffer for the longest would be costly for each of many.
    let usual = min(limit, 64 * bytes.count)
    if let value = try Self.inflated(bytes, capacity: usual) { return value }
    guard usual < limit, let value = try Self.inflated(bytes, capacity: limit) else {
      throw Self.tooLarge
    }
    return value
  }

  static let tooLarge = ImagingError(
    .tooLarge, "the PNG's texts are over the limit once decompressed")

  /// Inflates a zlib stream; `nil` when it needs more than `capacity` bytes.
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

/// The Exif blocks that ImageMagick, exiftool and others write into texts of a PNG, from before
/// there was a chunk for them: a line with the profile's name, one with its length, then hex.
struct PNGRawProfiles {
  /// What the first of them says that says anything.
  private(set) var orientation: Orientation?

  /// How many are read; a file has one, or one of each keyword, and each costs what it inflates to.
  private var remaining = 2
  /// Bytes of a text, for half a megabyte of Exif; a JPEG file has at most 64 KB of it.
  private static let textLimit = 1 << 20
  private static let keywords = ["raw profile type exif", "raw profile type app1"].map {
    Array($0.utf8)
  }

  /// Looks at a chunk; what cannot be read says nothing, as metadata is a hint.
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

  /// The bytes of a profile, from behind the lines of its name and length.
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
