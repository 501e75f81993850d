import Imaging
import Testing

@Suite struct `Decoding` {
  @Test(arguments: ["png", "jpeg", "webp", "gif"])
  func `a file of any kind decodes to its reference`(_ group: String) throws {
    for picture in try Fixtures.pictures(group) {
      expectDecodes(picture)
    }
  }

  @Test func `every orientation stands upright in every format that has one`() throws {
    for picture in try Fixtures.pictures("turned") {
      expectDecodes(picture)
    }
  }

  @Test(arguments: ["png", "jpeg", "webp", "gif", "turned"])
  func `the header gives the size that decoding gives`(_ group: String) throws {
    for picture in try Fixtures.pictures(group) {
      let header = try ImageDecoder.header(Fixtures.bytes(picture.path))
      #expect(header.width == picture.expected.width, "\(picture.path)")
      #expect(header.height == picture.expected.height, "\(picture.path)")
    }
  }

  @Test func `the header names format and orientation`() throws {
    let turned = try ImageDecoder.header(Fixtures.bytes("turned/orientation-6.webp"))
    #expect(turned.format == .webp && turned.orientation == .quarterTurned)
    let plain = try ImageDecoder.header(Fixtures.bytes("gif/single.gif"))
    #expect(plain.format == .gif && plain.orientation == .upright)
  }

  @Test func `what would inflate to megabytes beside the picture is never inflated`() throws {
    for name in try Fixtures.names(in: "textbombs") {
      let file = try Fixtures.bytes("textbombs/\(name)")
      var width: Int?
      let time = ProcessUsage.leastProcessorTime {
        width = try? ImageDecoder.decode(file).width
      }
      #expect(width == 16, "\(name)")
      #expect(time < .milliseconds(20), "\(name)")
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
    _ picture: Picture, sourceLocation: SourceLocation = #_sourceLocation
  ) {
    do {
      let decoded = try ImageDecoder.decode(Fixtures.bytes(picture.path))
      expectEqual(
        decoded, picture.expected, tolerance: picture.tolerance, name: picture.path,
        sourceLocation: sourceLocation)
    } catch {
      Issue.record("\(picture.path): \(error)", sourceLocation: sourceLocation)
    }
  }
}
