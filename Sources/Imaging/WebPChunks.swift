/// One chunk of a WebP file.
struct WebPChunk {
  let type: ChunkType
  let payload: ByteView
}

/// Walks the chunks of a WebP file to the end that its RIFF header promises.
struct WebPChunks {
  private let riff: ByteView
  private var offset = 12

  init(_ bytes: [UInt8]) throws(ImagingError) {
    let file = ByteView(bytes)
    guard let size = file.uint32(at: 4, .little), size >= 4,
      let riff = file.slice(at: 0, count: Int(size) + 8)
    else { throw ImagingError(.invalid, "the WebP ends before the size its header gives") }
    self.riff = riff
  }

  /// The next chunk, or `nil` at the end.
  mutating func next() throws(ImagingError) -> WebPChunk? {
    // Chunks have an even size; a last odd byte is padding of the whole.
    guard offset + 1 < riff.count else { return nil }
    guard let code = riff.uint32(at: offset, .big),
      let size = riff.uint32(at: offset + 4, .little),
      let payload = riff.slice(at: offset + 8, count: Int(size))
    else { throw ImagingError(.invalid, "the WebP has a chunk that does not fit into the file") }
    offset += 8 + Int(size) + Int(size & 1)
    return WebPChunk(type: ChunkType(code), payload: payload)
  }
}
