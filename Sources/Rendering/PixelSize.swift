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

  /// Separators of the two numbers; people and some clients write the second and third.
  private static let marks = ["x", "X", "\u{D7}"]

  /// Reads `WIDTHxHEIGHT`, as in `768x512`; nil for anything else.
  ///
  /// `768X512` and `768×512` are the same.
  public init?(_ text: String) {
    let bytes = Array(text.utf8)
    let digits = bytes.prefix { (0x30...0x39).contains($0) }
    let rest = bytes.dropFirst(digits.count)
    guard let mark = Self.marks.first(where: { rest.starts(with: $0.utf8) }),
      let width = Self.side(digits), let height = Self.side(rest.dropFirst(mark.utf8.count))
    else { return nil }
    self.init(width: width, height: height)
  }

  /// One to five digits: no sign, no blank, nothing that could overflow.
  private static func side(_ digits: ArraySlice<UInt8>) -> Int? {
    guard (1...5).contains(digits.count), digits.allSatisfy({ (0x30...0x39).contains($0) })
    else { return nil }
    return Int(String(decoding: digits, as: UTF8.self))
  }

  /// The size as it is written in requests.
  public var description: String { "\(width)x\(height)" }
}
