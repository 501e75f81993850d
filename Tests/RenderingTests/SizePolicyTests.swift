import Rendering
import Testing

@Suite struct SizePolicyTests {
  @Test(arguments: [
    ("768x512", PixelSize(width: 768, height: 512)),
    ("1x99999", PixelSize(width: 1, height: 99999)),
    ("0064x64", PixelSize(width: 64, height: 64)), ("768", nil), ("768x", nil), ("x768", nil),
    ("768x512x3", nil), ("768*512", nil), ("768xX512", nil), ("768 x 512", nil),
    ("768X512", PixelSize(width: 768, height: 512)),
    ("768×512", PixelSize(width: 768, height: 512)), ("-768x512", nil), ("+64x64", nil),
    (" 64x64", nil),
    ("64x64\n", nil), ("7.5x64", nil), ("100000x64", nil), ("٦٤x64", nil), ("", nil),
  ])
  func `WIDTHxHEIGHT is read, anything else is not`(text: String, size: PixelSize?) {
    #expect(PixelSize(text) == size)
  }

  @Test(arguments: [(64, 64), (79, 64), (80, 80), (770, 768), (2048, 2048), (1, 64)])
  func `sides are rounded down to 16, but not below 64`(side: Int, snapped: Int) {
    let size = SizePolicy.snapped(PixelSize(width: side, height: 512))
    #expect(size == PixelSize(width: snapped, height: 512))
  }

  @Test(arguments: [
    ("704x704", "704x704"), ("705x705", "704x704"), ("100x75", "96x64"), ("70x300", "64x288"),
    ("1408x704", "704x352"), ("3000x2000", "704x464"), ("1000x4000", "176x704"),
    ("16384x2048", "704x80"), ("40x100", "64x96"),
  ])
  func `an edit takes its first image's size, scaled down until both sides are at most 704`(
    source: String, expected: String
  ) throws {
    let size = SizePolicy.editSize(of: try #require(PixelSize(source)))
    #expect(size.description == expected)
  }
}
