import Imaging
import Rendering
import Testing

@Suite struct ImageDifferenceTests {
  /// An image of one value, with some values changed.
  static func raster(
    _ width: Int, _ height: Int, _ value: UInt8 = 100, changes: [Int: UInt8] = [:]
  ) -> Raster {
    var pixels = [UInt8](repeating: value, count: width * height * 3)
    for (index, value) in changes { pixels[index] = value }
    return Raster(width: width, height: height, pixels: pixels)
  }

  @Test(arguments: [93, 107])
  func `one changed channel of one pixel is found, whichever way it changed`(value: UInt8) throws {
    // Column 3, row 2 of 5 columns, green.
    let changed = Self.raster(5, 4, changes: [(2 * 5 + 3) * 3 + 1: value])
    let difference = try #require(ImageDifference(Self.raster(5, 4), changed))
    #expect(difference.maximum == 7)
    #expect((difference.column, difference.row, difference.channel) == (3, 2, 1))
    #expect(difference.mean == 7.0 / 60)
    #expect(difference.meanSquare == 49.0 / 60)
    #expect(difference.changedShare == 1.0 / 20)
  }

  @Test func `a pixel of which several channels differ counts once`() throws {
    let changed = Self.raster(5, 4, changes: [0: 1, 2: 1, 3: 1, 4: 1, 5: 1, 59: 1])
    let difference = try #require(ImageDifference(Self.raster(5, 4), changed))
    #expect(difference.changedPixelCount == 3 && difference.changedShare == 3.0 / 20)
  }

  /// Images, and what ImageMagick's definition gives on paper: `20·log10(255)` is 48.1308.
  static let ratios: [(Raster, Double)] = [
    // Every value is off by 1: a mean square of 1.
    (raster(8, 8, 101), 48.1308),
    // Every value is off by 10: 20 dB less.
    (raster(8, 8, 110), 28.1308),
    // One of 192 values is off by 1: 10·log10(192) more.
    (raster(8, 8, changes: [5: 99]), 70.9638),
    // One of 192 values is off by 100: 40 dB less than that.
    (raster(8, 8, changes: [5: 200]), 30.9638),
  ]

  @Test(arguments: ratios.indices)
  func `the signal-to-noise ratio is what the definition gives by hand`(index: Int) throws {
    let (image, expected) = Self.ratios[index]
    let difference = try #require(ImageDifference(Self.raster(8, 8), image))
    #expect(abs(difference.psnr - expected) < 0.0005)
  }

  @Test func `white against black is 0 dB, and equal images are infinitely near`() throws {
    let black = Self.raster(3, 3, 0)
    #expect(ImageDifference(black, Self.raster(3, 3, 255))?.psnr == 0)
    let same = try #require(ImageDifference(black, black))
    #expect(same.psnr == .infinity && same.maximum == 0 && same.mean == 0)
  }

  @Test func `images of different sizes are not compared, even with as many pixels`() {
    #expect(ImageDifference(Self.raster(2, 6), Self.raster(3, 4)) == nil)
  }

  @Test func `side by side are before, after, and the differences with the worst at 255`() {
    let before = Self.raster(4, 3)
    let after = Self.raster(4, 3, changes: [0: 110, 4: 95])
    let panels = ComparisonImage.panels(before: before, after: after)
    let gap = ComparisonImage.gap
    #expect(panels.width == 3 * 4 + 2 * gap && panels.height == 3)
    #expect(panels.cropped(x: 0, y: 0, width: 4, height: 3) == before)
    #expect(panels.cropped(x: 4 + gap, y: 0, width: 4, height: 3) == after)
    #expect(
      panels.cropped(x: 2 * (4 + gap), y: 0, width: 4, height: 3)
        == Self.raster(4, 3, 0, changes: [0: 255, 4: 127]))
    #expect(
      panels.cropped(x: 4, y: 0, width: gap, height: 3)
        == Self.raster(gap, 3, 128))
  }

  @Test func `the differences of equal images are black`() {
    let image = Self.raster(4, 3)
    let panels = ComparisonImage.panels(before: image, after: image)
    #expect(
      panels.cropped(x: 2 * (4 + ComparisonImage.gap), y: 0, width: 4, height: 3)
        == Self.raster(4, 3, 0))
  }

  @Test func `a new image stands alone; one of another size stands beside the old one`() {
    let before = Self.raster(2, 5)
    let after = Self.raster(4, 3, 7)
    #expect(ComparisonImage.panels(before: nil, after: after) == after)
    let panels = ComparisonImage.panels(before: before, after: after)
    let gap = ComparisonImage.gap
    #expect(panels.width == 2 + gap + 4 && panels.height == 5)
    #expect(panels.cropped(x: 0, y: 0, width: 2, height: 5) == before)
    #expect(panels.cropped(x: 2 + gap, y: 0, width: 4, height: 3) == after)
    #expect(panels.cropped(x: 2 + gap, y: 3, width: 4, height: 2) == Self.raster(4, 2, 128))
  }
}
