/// Base64 in its standard and URL-safe alphabets (RFC 4648 §4 and §5).
public enum Base64 {
  private static let digits = Array(
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/".utf8)
  /// Marks a byte that is no digit.
  private static let noDigit: UInt8 = 0xFF

  /// The value of each byte as a digit of either alphabet.
  private static let values: [UInt8] = {
    var values = [UInt8](repeating: noDigit, count: 256)
    for (value, digit) in digits.enumerated() { values[Int(digit)] = UInt8(value) }
    values[Int(UInt8(ascii: "-"))] = 62
    values[Int(UInt8(ascii: "_"))] = 63
    return values
  }()

  /// Decodes text of either alphabet, padded or not, line breaks anywhere.
  /// - Returns: The bytes; nil for anything else, such as bits left over, which mean a cut text.
  public static func decode(_ text: ArraySlice<UInt8>) -> [UInt8]? {
    let values = values
    var output = [UInt8](repeating: 0, count: text.count / 4 * 3 + 3)
    var written = 0
    var position = text.startIndex
    let end = text.endIndex
    var pending: UInt32 = 0
    var pendingCount = 0
    while position < end {
      if pendingCount == 0, end - position >= 4 {
        let a = values[Int(text[position])]
        let b = values[Int(text[position + 1])]
        let c = values[Int(text[position + 2])]
        let d = values[Int(text[position + 3])]
        if (a | b | c | d) < 64 {
          output[written] = a << 2 | b >> 4
          output[written + 1] = b << 4 | c >> 2
          output[written + 2] = c << 6 | d
          written += 3
          position += 4
          continue
        }
      }
      let byte = text[position]
      if byte == UInt8(ascii: "=") { break }
      position += 1
      if byte == 0x0A || byte == 0x0D { continue }
      let value = values[Int(byte)]
      guard value != noDigit else { return nil }
      pending = pending << 6 | UInt32(value)
      pendingCount += 1
      if pendingCount == 4 {
        for shift in [16, 8, 0] as [UInt32] {
          output[written] = UInt8(truncatingIfNeeded: pending >> shift)
          written += 1
        }
        (pending, pendingCount) = (0, 0)
      }
    }
    guard isPadding(text[position...], after: pendingCount) else { return nil }
    return finish(output, written, pending, pendingCount)
  }

  /// Returns whether the rest is empty or exactly the padding that is due (RFC 4648 §4).
  private static func isPadding(_ rest: ArraySlice<UInt8>, after digitCount: Int) -> Bool {
    let marks = rest.filter { $0 != 0x0A && $0 != 0x0D }
    guard marks.allSatisfy({ $0 == UInt8(ascii: "=") }) else { return false }
    return marks.isEmpty || marks.count == (4 - digitCount) % 4
  }

  /// Adds the bytes of an incomplete group of digits.
  private static func finish(
    _ output: [UInt8], _ count: Int, _ pending: UInt32, _ pendingCount: Int
  ) -> [UInt8]? {
    var output = output
    output.removeLast(output.count - count)
    switch pendingCount {
    case 0: return output
    case 2 where pending & 0xF == 0: output.append(UInt8(truncatingIfNeeded: pending >> 4))
    case 3 where pending & 0x3 == 0:
      output.append(UInt8(truncatingIfNeeded: pending >> 10))
      output.append(UInt8(truncatingIfNeeded: pending >> 2))
    default: return nil
    }
    return output
  }

  /// Encodes bytes in the standard alphabet, padded, without line breaks.
  public static func encode(_ bytes: [UInt8]) -> [UInt8] {
    let digits = digits
    var output = [UInt8](repeating: UInt8(ascii: "="), count: (bytes.count + 2) / 3 * 4)
    var written = 0
    for start in stride(from: 0, to: bytes.count, by: 3) {
      let count = min(3, bytes.count - start)
      let a = bytes[start]
      let b = count > 1 ? bytes[start + 1] : 0
      let c = count > 2 ? bytes[start + 2] : 0
      output[written] = digits[Int(a >> 2)]
      output[written + 1] = digits[Int((a & 0x3) << 4 | b >> 4)]
      if count > 1 { output[written + 2] = digits[Int((b & 0xF) << 2 | c >> 6)] }
      if count > 2 { output[written + 3] = digits[Int(c & 0x3F)] }
      written += 4
    }
    return output
  }
}
