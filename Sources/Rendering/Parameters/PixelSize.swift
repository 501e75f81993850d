internal import Flux2

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

/// The sizes that images are rendered at.
public enum SizePolicy {
  /// Sides are multiples of this; what the model needs beyond it, the pipeline crops away.
  public static let multiple = 16
  /// No image has a shorter side.
  public static let minimumSide = 64
  /// Pixels of a side, from the shortest to the longest that the pipeline renders.
  public static let sides = minimumSide...PipelineRequest.sides.upperBound
  /// Rendered when neither the request nor a reference image says otherwise.
  public static let defaultSize = PixelSize(width: 768, height: 768)
  /// The longest side of an edit whose size comes from its first image.
  public static let longestEditSide = 704

  /// Rounds both sides down to a multiple of 16, but not below 64.
  public static func snapped(_ size: PixelSize) -> PixelSize {
    PixelSize(width: snapped(size.width), height: snapped(size.height))
  }

  /// The size of an edit that does not ask for one.
  /// - Parameters:
  ///   - source: The first image's size, upright.
  ///   - side: The longest side that it may have.
  /// - Returns: That size, scaled down (never up) with its aspect until both sides are at most that, then
  ///   snapped.
  public static func editSize(
    of source: PixelSize, longestSide side: Int = longestEditSide
  ) -> PixelSize {
    snapped(scaledDown(source, toSide: side))
  }

  /// A size, scaled down (never up) with its aspect until both sides are at most so long.
  public static func scaledDown(_ size: PixelSize, toSide side: Int) -> PixelSize {
    let longest = max(size.width, size.height)
    guard longest > side else { return size }
    return PixelSize(width: size.width * side / longest, height: size.height * side / longest)
  }

  private static func snapped(_ side: Int) -> Int {
    max(side - side % multiple, minimumSide)
  }
}
