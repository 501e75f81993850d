internal import CCodecs

/// One chunk of a PNG file.
struct PNGChunk {
  let type: ChunkType
  let payload: ByteView
}

/// Walks the chunks of a PNG file from the first to `IEND`, checking lengths, types and checksums.
struct PNGChunks {
  /// The eight bytes every PNG starts with.
  static let signature: [UInt8] = [0x89, 0x50, 0x4E, 0x47, 0x0D, 0x0A, 0x1A, 0x0A]

  private let file: ByteView
  private let bytes: [UInt8]
  private var offset = PNGChunks.signature.count
  private var hasEnded = false

  init(_ bytes: [UInt8]) throws(ImagingError) {
    self.bytes = bytes
    file = ByteView(bytes)
    guard file.starts(with: Self.signature) else {
      let refusal = ImageFormat.sniff(bytes) == nil ? ForeignFormat.refusal(of: bytes) : nil
      throw refusal ?? ImagingError(.unsupportedFormat, "the file is not a PNG")
    }
  }

  /// The next chunk, or `nil` after `IEND`; what follows `IEND` is ignored, as browsers do.
  mutating func next() throws(ImagingError) -> PNGChunk? {
    guard !hasEnded else { return nil }
    guard let length = file.uint32(at: offset, .big),
      let code = file.uint32(at: offset + 4, .big),
      let payload = file.slice(at: offset + 8, count: Int(length)),
      let checksum = file.uint32(at: offset + 8 + Int(length), .big)
    else { throw ImagingError(.invalid, "the PNG ends before its IEND chunk") }
    let type = ChunkType(code)
    guard type.isAlphabetic else {
      throw ImagingError(.invalid, "the PNG has a chunk whose type is not four letters")
    }
    guard checksum == Self.checksum(of: bytes, in: offset + 4..<payload.fileRange.upperBound)
    else {
      throw ImagingError(.invalid, "the PNG has a chunk with a wrong checksum")
    }
    offset += 12 + Int(length)
    hasEnded = type == .end
    return PNGChunk(type: type, payload: payload)
  }

  /// CRC-32 of some of a file's bytes.
  private static func checksum(of bytes: [UInt8], in range: Range<Int>) -> UInt32 {
    unsafe bytes.withUnsafeBufferPointer {
      let part = unsafe UnsafeBufferPointer(rebasing: $0[range])
      return unsafe iris_crc32(0, part.baseAddress, part.count)
    }
  }
}
