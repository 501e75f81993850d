import Glibc
public import Imaging

/// The difference between two images of the same size.
public struct ImageDifference: Sendable, Equatable {
  /// The largest absolute difference of a channel, 0 to 255.
  public private(set) var maximum = 0
  /// The column of the first pixel with the largest difference.
  public private(set) var column = 0
  /// The row of that pixel.
  public private(set) var row = 0
  /// The channel of that difference: 0 red, 1 green, 2 blue.
  public private(set) var channel = 0
  /// The number of pixels that differ in any channel.
  public private(set) var changedPixelCount = 0
  /// The number of pixels of each image.
  public let pixelCount: Int
  /// The mean absolute difference over all channels of all pixels.
  public let mean: Double
  /// The mean squared difference.
  public let meanSquare: Double

  /// Compares two images; nil if their sizes differ.
  public init?(_ before: Raster, _ after: Raster) {
    guard before.width == after.width, before.height == after.height else { return nil }
    pixelCount = before.width * before.height
    var (sum, squares, worst) = (0, 0, 0)
    var lastChanged: Int?
    for index in before.pixels.indices {
      let difference = abs(Int(before.pixels[index]) - Int(after.pixels[index]))
      guard difference > 0 else { continue }
      sum += difference
      squares += difference * difference
      if difference > maximum { (maximum, worst) = (difference, index) }
      if lastChanged != index / 3 { changedPixelCount += 1 }
      lastChanged = index / 3
    }
    (column, row, channel) = (worst / 3 % before.width, worst / 3 / before.width, worst % 3)
    mean = Double(sum) / Double(before.pixels.count)
    meanSquare = Double(squares) / Double(before.pixels.count)
  }

  /// The share of pixels that differ in any channel, 0 to 1.
  public var changedShare: Double { Double(changedPixelCount) / Double(pixelCount) }

  /// The peak signal-to-noise ratio in dB, `10 · log₁₀(255² / meanSquare)`; infinite for equal images.
  public var psnr: Double { meanSquare == 0 ? .infinity : 10 * log10(255 * 255 / meanSquare) }
}
