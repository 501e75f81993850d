import Imaging
import Testing

@Suite struct `Decoding` {
  @Test(arguments: try Fixtures.pictures("png"))
  func `a PNG of any kind decodes to its reference`(_ picture: Picture) throws {
    let decoded = try ImageDecoder.decode(Fixtures.bytes(picture.path))
    expectEqual(decoded, picture.expected, tolerance: picture.tolerance)
  }
}
