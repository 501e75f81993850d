internal import CCodecs

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
