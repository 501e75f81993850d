import Flux2
import Hashing
import Imaging
import TestSupport
import Testing

@Suite struct ReferenceImageTests {
  private struct Image: Decodable {
    let file: String
    let preparedSize: [Int]
    let sha256: String
  }

  @Test func `references are scaled to a megapixel and cropped to tokens as diffusers does`() throws
  {
    let folder = "reference/tiny/references"
    let images: [Image] = try Fixture.json("\(folder)/references.json")
    #expect(!images.isEmpty)
    for image in images {
      let prepared = try ReferenceRender.decode("\(folder)/\(image.file)")
        .asReference(pixelsPerToken: 16)
      #expect([prepared.width, prepared.height] == image.preparedSize, "\(image.file)")
      #expect(SHA256.hash(prepared.pixels).hexadecimal == image.sha256, "\(image.file)")
    }
  }

  @Test func `references are never stretched`() throws {
    let raster = Raster.gradient(width: 100, height: 75)
    let prepared = try raster.asReference(pixelsPerToken: 32)
    #expect(prepared == raster.cropped(x: 2, y: 5, width: 96, height: 64))
  }

  @Test(arguments: [(30, 40, 64, 85), (10, 80, 64, 512), (64, 64, 64, 64), (1, 1, 64, 64)])
  func `a short side under 64 is scaled up to 64 with its aspect`(
    width: Int, height: Int, scaledWidth: Int, scaledHeight: Int
  ) throws {
    let prepared = try Raster.gradient(width: width, height: height)
      .asReference(pixelsPerToken: 1)
    #expect([prepared.width, prepared.height] == [scaledWidth, scaledHeight])
  }

  @Test(arguments: [
    (100, 75, 96, 64), (1000, 700, 704, 480), (64, 64, 64, 64), (1600, 900, 704, 384),
  ])
  func `what is edited starts as the same cut of it that is the reference`(
    width: Int, height: Int, editWidth: Int, editHeight: Int
  ) throws {
    let raster = Raster.gradient(width: width, height: height)
    let reference = try raster.asReference(pixelsPerToken: 16)
    let geometry = ImageGeometry(width: editWidth, height: editHeight, pixelsPerToken: 16)
    let source = try raster.asSource(of: geometry, pixelsPerToken: 16)
    let scale = max(
      Double(editWidth) / Double(reference.width), Double(editHeight) / Double(reference.height))
    let covering = [reference.width, reference.height].map {
      Int((Double($0) * scale).rounded())
    }
    #expect(
      source
        == reference.resized(width: covering[0], height: covering[1])
        .centreCropped(width: editWidth, height: editHeight))
  }

  @Test func `with resolution buckets what is edited starts as the reference itself`() throws {
    let raster = Raster.gradient(width: 128, height: 64)
    let geometry = ImageGeometry(
      width: 40, height: 40, pixelsPerToken: 16, bucket: ResolutionBucket(width: 64, height: 64))
    #expect(
      try raster.asSource(of: geometry, pixelsPerToken: nil) == raster.asReference(in: geometry))
  }

  @Test(arguments: [(801, 100), (64, 513), (9, 1)])
  func `a side more than 8 times the other is refused`(width: Int, height: Int) {
    let raster = Raster.gradient(width: width, height: height)
    #expect(throws: Flux2Error.self) { try raster.asReference(pixelsPerToken: 16) }
  }
}

extension Raster {
  /// An image in which every pixel differs from its neighbours.
  static func gradient(width: Int, height: Int) -> Raster {
    var pixels: [UInt8] = []
    for index in 0..<width * height {
      pixels.append(UInt8(index % width % 256))
      pixels.append(UInt8(index / width % 256))
      pixels.append(UInt8(index % 251))
    }
    return Raster(width: width, height: height, pixels: pixels)
  }
}
