import Flux2

/// A width and a height in pixels.
public struct PixelSize: Sendable, Hashable, CustomStringConvertible {
  /// Columns.
  public var width: Int
  /// Rows.
  public var height: Int

  /// Creates a size without checking it; the allowed range depends on the use.
  public init(width: Int, height: Int) {
    self.width = width
    self.height = height
  }

  /// Separators of width and height; some people and clients write the second or third.
  private static let marks = ["x", "X", "\u{D7}"]

  /// Parses `WIDTHxHEIGHT`, as in `768x512`; nil for anything else.
  ///
  /// `768X512` and `768×512` are accepted, too.
  public init?(_ text: String) {
    let bytes = Array(text.utf8)
    let digits = bytes.prefix { (0x30...0x39).contains($0) }
    let rest = bytes.dropFirst(digits.count)
    guard let mark = Self.marks.first(where: { rest.starts(with: $0.utf8) }),
      let width = Self.side(digits), let height = Self.side(rest.dropFirst(mark.utf8.count))
    else { return nil }
    self.init(width: width, height: height)
  }

  /// Parses one to five digits: no sign, no space, no overflow.
  private static func side(_ digits: ArraySlice<UInt8>) -> Int? {
    guard (1...5).contains(digits.count), digits.allSatisfy({ (0x30...0x39).contains($0) })
    else { return nil }
    return Int(String(decoding: digits, as: UTF8.self))
  }

  /// The size as written in requests.
  public var description: String { "\(width)x\(height)" }
}

/// The sizes of rendered images.
public enum SizePolicy {
  /// Sides are multiples of this; the pipeline renders to the model's larger multiple and crops.
  public static let multiple = 16
  /// The minimum side of an image.
  public static let minimumSide = 64
  /// The range of sides that the pipeline renders.
  public static let sides = minimumSide...PipelineRequest.sides.upperBound
  /// The size if neither the request nor a reference image determines it.
  public static let defaultSize = PixelSize(width: 768, height: 768)
  /// The longest side of an edit whose size is derived from its first image.
  public static let longestEditSide = 704

  /// Rounds both sides down to a multiple of 16, but not below 64.
  public static func snapped(_ size: PixelSize) -> PixelSize {
    PixelSize(width: snapped(size.width), height: snapped(size.height))
  }

  /// Returns the size of an edit that does not specify one.
  /// - Parameters:
  ///   - source: The size of the first image, upright.
  ///   - side: The maximum side.
  /// - Returns: The source size, scaled down (never up) at constant aspect until both sides are
  ///   within the maximum, then snapped.
  public static func editSize(
    of source: PixelSize, longestSide side: Int = longestEditSide
  ) -> PixelSize {
    snapped(scaledDown(source, toSide: side))
  }

  /// Returns a size scaled down (never up) at constant aspect until both sides are at most `side`.
  public static func scaledDown(_ size: PixelSize, toSide side: Int) -> PixelSize {
    let longest = max(size.width, size.height)
    guard longest > side else { return size }
    return PixelSize(width: size.width * side / longest, height: size.height * side / longest)
  }

  private static func snapped(_ side: Int) -> Int {
    max(side - side % multiple, minimumSide)
  }
}
