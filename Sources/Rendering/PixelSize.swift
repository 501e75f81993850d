/// A width and a height in pixels.
public struct PixelSize: Sendable, Hashable, CustomStringConvertible {
  /// Columns.
  public var width: Int
  /// Rows.
  public var height: Int

  /// Makes a size of any two numbers; what is allowed depends on where it is used.
  public init(width: Int, height: Int) {
    self.width = width
    self.height = height
  }

  /// Reads `WIDTHxHEIGHT`, as in `768x512`; nil for anything else.
  public init?(_ text: String) {
    let parts = text.utf8.split(separator: UInt8(ascii: "x"), omittingEmptySubsequences: false)
    guard parts.count == 2, let width = Self.side(parts[0]), let height = Self.side(parts[1])
    else { return nil }
    self.init(width: width, height: height)
  }

  /// One to five digits: no sign, no blank, nothing that could overflow.
  private static func side(_ digits: Substring.UTF8View) -> Int? {
    guard (1...5).contains(digits.count), digits.allSatisfy({ (0x30...0x39).contains($0) })
    else { return nil }
    return Int(Substring(digits))
  }

  /// The size as it is written in requests.
  public var description: String { "\(width)x\(height)" }
}
