/// Decodes the compressed colour indices of a GIF image (GIF89a, appendix F).
///
/// A code that no encoder can have written is an error; giflib and others draw something for it.
struct LZWDecoder {
  /// Codes have at most 12 bits; once full, the table stays unchanged until a clear code.
  private static let codeLimit = 1 << 12

  private let bytes: [UInt8]
  private let minimumWidth: Int
  private let clearCode: Int
  private var offset = 0
  private var bits = 0
  private var bitCount = 0
  private var width = 0
  private var nextCode = 0
  private var previous: Int?
  /// For each code: the code of its string without the last index, the last index, the first index,
  /// and the string's length.
  private var prefixes = [Int](repeating: 0, count: codeLimit)
  private var lasts = [UInt8](repeating: 0, count: codeLimit)
  private var firsts = [UInt8](repeating: 0, count: codeLimit)
  private var lengths = [Int](repeating: 1, count: codeLimit)

  /// - Parameters:
  ///   - bytes: The concatenated content of the sub-blocks.
  ///   - minimumCodeSize: Bits per index, from the byte before the sub-blocks.
  init(_ bytes: [UInt8], minimumCodeSize: UInt8) throws(ImagingError) {
    guard (1...8).contains(minimumCodeSize) else {
      throw ImagingError(.invalid, "the GIF is corrupt: its indices have \(minimumCodeSize) bits")
    }
    self.bytes = bytes
    minimumWidth = Int(minimumCodeSize)
    clearCode = 1 << minimumWidth
    for index in 0..<clearCode {
      lasts[index] = UInt8(index)
      firsts[index] = UInt8(index)
    }
    clear()
  }

  /// Decodes the first `count` indices; excess data are ignored.
  mutating func indices(count: Int) throws(ImagingError) -> [UInt8] {
    var indices = [UInt8](repeating: 0, count: count)
    var filled = 0
    while filled < count {
      guard let code = readCode(), code != clearCode + 1 else {
        throw ImagingError(.invalid, "the GIF is corrupt: its image data end too early")
      }
      if code == clearCode {
        clear()
      } else {
        try take(code)
        filled = write(code, into: &indices, at: filled)
      }
    }
    return indices
  }

  private mutating func clear() {
    width = minimumWidth + 1
    nextCode = clearCode + 2
    previous = nil
  }

  private mutating func readCode() -> Int? {
    while bitCount < width {
      guard offset < bytes.count else { return nil }
      bits |= Int(bytes[offset]) << bitCount
      bitCount += 8
      offset += 1
    }
    defer {
      bits >>= width
      bitCount -= width
    }
    return bits & (1 << width - 1)
  }

  /// Validates a code and defines the next one: the previous string, and this string's first index.
  private mutating func take(_ code: Int) throws(ImagingError) {
    // The code being defined may occur already: its string starts with the previous one.
    let known = previous == nil ? clearCode : min(nextCode + 1, Self.codeLimit)
    guard code < known else {
      throw ImagingError(
        .invalid,
        "the GIF is corrupt: its image data have the code \(code) where at most "
          + "\(known - 1) can be")
    }
    if let previous, nextCode < Self.codeLimit {
      prefixes[nextCode] = previous
      firsts[nextCode] = firsts[previous]
      lasts[nextCode] = code == nextCode ? firsts[previous] : firsts[code]
      lengths[nextCode] = lengths[previous] + 1
      nextCode += 1
    }
    previous = code
    if nextCode == 1 << width, nextCode < Self.codeLimit { width += 1 }
  }

  /// Writes a code's string, from its end, truncated to the remaining room.
  /// - Returns: The position after the string.
  private func write(_ code: Int, into indices: inout [UInt8], at start: Int) -> Int {
    var code = code
    let end = start + lengths[code]
    for position in stride(from: end - 1, through: start, by: -1) {
      if position < indices.count { indices[position] = lasts[code] }
      code = prefixes[code]
    }
    return end
  }
}
