import Foundation
import Imaging
import Testing

@Suite struct UnseenTests {
  @Test(arguments: [
    ("gif/animated.gif", true), ("png/animated.png", true), ("webp/animated.webp", true),
    ("gif/single.gif", false), ("png/rgb-8.png", false), ("webp/lossy.webp", false),
    ("jpeg/baseline-444.jpg", false),
  ])
  func `frames are counted`(path: String, isAnimated: Bool) throws {
    #expect(try (ImageDecoder(Fixtures.bytes(path)).decode().frameCount > 1) == isAnimated)
  }

  @Test(arguments: [
    ("gif/transparent.gif", true), ("gif/offset-frame.gif", true), ("png/rgba-8.png", true),
    ("png/palette-2-keyed.png", true), ("png/greyalpha-16.png", true),
    ("webp/lossless-alpha.webp", true), ("webp/offset-frame-vp8.webp", true),
    ("gif/single.gif", false), ("png/rgb-8.png", false), ("webp/lossy.webp", false),
  ])
  func `white that shows through is noted`(path: String, isTransparent: Bool) throws {
    #expect(try ImageDecoder(Fixtures.bytes(path)).decode().isTransparent == isTransparent)
  }

  @Test func `an alpha channel by itself makes nothing transparent`() throws {
    let files = [
      (
        "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR4nGNgZGL+DwABFAEG1rmmRQAAAABJRU5ErkJggg==",
        false
      ),
      (
        "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR4nGNgZGL+BwABEwEFpqxjFwAAAABJRU5ErkJggg==",
        true
      ),
    ]
    for (base64, isTransparent) in files {
      let bytes = try #require(Data(base64Encoded: base64))
      #expect(try ImageDecoder(Array(bytes)).decode().isTransparent == isTransparent)
    }
  }
}
