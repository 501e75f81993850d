internal import Text

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
