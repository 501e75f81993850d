import Imaging
import Testing

@Suite struct MaskTests {
  /// Alpha counts where there is any, and is taken off what is kept.
  @Test(arguments: ["png/rgba-8.png", "webp/lossy-alpha.webp"])
  func `a mask with transparency is the inverse of its alpha`(path: String) throws {
    let file = try Fixtures.bytes(path)
    let mask = try ImageDecoder(file).decodeMask()
    let picture = try ImageDecoder.decode(file)
    #expect((mask.width, mask.height) == (picture.width, picture.height))
    for pixel in stride(from: 0, to: mask.pixels.count, by: 3) {
      let grey = mask.pixels[pixel]
      #expect(mask.pixels[pixel + 1] == grey && mask.pixels[pixel + 2] == grey)
      // Over white a colour c of opacity a is c · a + 255 - a, no less than 255 - a.
      #expect(picture.pixels[pixel..<pixel + 3].allSatisfy { Int($0) + 1 >= Int(grey) })
    }
    #expect(Set(mask.pixels).count > 2)
  }

  @Test func `transparency alone counts in a GIF, too`() throws {
    let file = try Fixtures.bytes("gif/transparent.gif")
    let mask = try ImageDecoder(file).decodeMask()
    #expect(Set(mask.pixels) == [0, 255])
    let picture = try ImageDecoder.decode(file)
    let drawn = stride(from: 0, to: mask.pixels.count, by: 3).filter { mask.pixels[$0] == 0 }
    #expect(drawn.contains { picture.pixels[$0] > 0 })
  }

  @Test func `a mask without transparency is its luma`() throws {
    let colours: [(rgb: [UInt8], grey: UInt8)] = [
      ([255, 0, 0], 76), ([0, 255, 0], 150), ([0, 0, 255], 29), ([255, 255, 255], 255),
      ([0, 0, 0], 0), ([77, 77, 77], 77), ([12, 200, 130], 136),
    ]
    let raster = Raster(
      width: colours.count, height: 1, pixels: colours.flatMap(\.rgb))
    let mask = try ImageDecoder(PNGEncoder.encode(raster)).decodeMask()
    #expect(mask.pixels == colours.flatMap { [UInt8](repeating: $0.grey, count: 3) })
  }

  @Test func `a mask is turned upright as its image is`() throws {
    for image in try Fixtures.images("turned") {
      let mask = try ImageDecoder(Fixtures.bytes(image.path)).decodeMask()
      #expect((mask.width, mask.height) == (image.expected.width, image.expected.height))
    }
  }
}
