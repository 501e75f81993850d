extension GIFImage {
  /// Decodes the colour index of each pixel, top row first.
  func indices() throws(ImagingError) -> [UInt8] {
    var decoder = try LZWDecoder(joinedSubBlocks, minimumCodeSize: minimumCodeSize)
    let stored = try decoder.indices(count: width * height)
    return isInterlaced ? deinterlaced(stored) : stored
  }

  /// The compressed pixels without the lengths between them.
  private var joinedSubBlocks: [UInt8] {
    let blocks = subBlocks.copy
    var joined: [UInt8] = []
    joined.reserveCapacity(blocks.count)
    var offset = 0
    // The walk to here has found every block whole, and the empty one at the end.
    while offset < blocks.count, blocks[offset] > 0 {
      let end = offset + 1 + Int(blocks[offset])
      joined += blocks[offset + 1..<end]
      offset = end
    }
    return joined
  }

  /// Puts rows into their places that are stored in four passes (GIF89a, appendix E): every 8th
  /// from 0, every 8th from 4, every 4th from 2, every 2nd from 1.
  private func deinterlaced(_ stored: [UInt8]) -> [UInt8] {
    var indices = stored
    var source = 0
    for (start, step) in [(0, 8), (4, 8), (2, 4), (1, 2)] {
      for row in stride(from: start, to: height, by: step) {
        indices.replaceSubrange(
          row * width..<(row + 1) * width, with: stored[source..<source + width])
        source += width
      }
    }
    return indices
  }
}
