import Imaging
import TestSupport
import Testing

@Suite struct DecodingTests {
  @Test(arguments: ["png", "jpeg", "webp", "gif"])
  func `a file of any kind decodes to its reference`(_ group: String) throws {
    for image in try Fixtures.images(group) {
      expectDecodes(image)
    }
  }

  @Test func `every orientation stands upright in every format that has one`() throws {
    for image in try Fixtures.images("turned") {
      expectDecodes(image)
    }
  }

  @Test(arguments: ["png", "jpeg", "webp", "gif", "turned"])
  func `the header gives the size that decoding gives`(_ group: String) throws {
    for image in try Fixtures.images(group) {
      let header = try ImageDecoder(Fixtures.bytes(image.path)).header
      #expect(header.width == image.expected.width, "\(image.path)")
      #expect(header.height == image.expected.height, "\(image.path)")
    }
  }

  @Test func `the header names format and orientation`() throws {
    let turned = try ImageDecoder(Fixtures.bytes("turned/orientation-6.webp")).header
    #expect(turned.format == .webp && turned.orientation == .quarterTurned)
    let plain = try ImageDecoder(Fixtures.bytes("gif/single.gif")).header
    #expect(plain.format == .gif && plain.orientation == .upright)
  }

  @Test func `what would inflate to megabytes beside the image is never inflated`() throws {
    // Inflates to 7 MB, the bombs to 40 and more.
    let large = try Fixtures.plain(width: 1500, height: 1500)
    for name in try Fixtures.names(in: "textbombs") {
      let file = try Fixtures.bytes("textbombs/\(name)")
      #expect(try ImageDecoder.decode(file).width == 16, "\(name)")
      let excess = try ProcessorTime.excess(
        of: { _ = try ImageDecoder.decode(file) }, over: 1,
        times: { _ = try ImageDecoder.decode(large) })
      #expect(excess == nil, "\(name)")
    }
  }

  @Test func `formats are told by their first bytes alone`() {
    #expect(ImageFormat.sniff([0xFF, 0xD8, 0xFF, 0xE0]) == .jpeg)
    #expect(ImageFormat.sniff(Array("RIFF????WEBP".utf8)) == .webp)
    #expect(ImageFormat.sniff(Array("RIFF????WAVE".utf8)) == nil)
    #expect(ImageFormat.sniff(Array("GIF88a".utf8)) == nil)
    #expect(ImageFormat.sniff([]) == nil)
  }

  private func expectDecodes(
    _ image: Image, sourceLocation: SourceLocation = #_sourceLocation
  ) {
    do {
      let decoded = try ImageDecoder.decode(Fixtures.bytes(image.path))
      expectEqual(
        decoded, image.expected, tolerance: image.tolerance, name: image.path,
        sourceLocation: sourceLocation)
    } catch {
      Issue.record("\(image.path): \(error)", sourceLocation: sourceLocation)
    }
  }
}
