import Foundation
import Imaging
import Rendering
import Tensors
import Testing

extension GoldenComparison {
  /// Why it failed; nil if it did not.
  var fault: String? {
    if case .failed(let reason) = verdict { reason } else { nil }
  }
}

@Suite struct GoldenHashTests {
  typealias Site = GoldenFolderTests.Site

  static func hashes(_ site: Site) throws -> PixelHashes {
    try #require(try GoldenFolder(path: site.path).manifest.golden("fox")).pixelHashes
  }

  @Test func `the hash is SHA-256 of the decoded RGB values`() {
    // `printf 'abcdef' | sha256sum`
    let image = Raster(width: 2, height: 1, pixels: Array("abcdef".utf8))
    #expect(
      PixelHashes.hash(of: image)
        == "bef57ec7f53a6d40beb640a780a639c83bc29ac8a9816f1fc6c5c6dcd93c4721")
  }

  @Test func `recording an image approves its hash for the instruction set alone`() throws {
    let site = try Site()
    try site.record("fox")
    try site.recordedElsewhere()
    try site.alter("fox") { for index in 0..<50 { $0[index] = 255 - $0[index] } }
    #expect(try site.compare("fox").recording == .image)
    try site.record("fox")
    let hashes = try Self.hashes(site)
    let image = try ImageDecoder.decode([UInt8](site.data("images/fox.png")))
    #expect(hashes[Device.instructionSet] == [PixelHashes.hash(of: image)])
    #expect(hashes["abacus"].isEmpty)
  }

  @Test func `a hash of an instruction set without one is approved, and the image stays as it is`()
    throws
  {
    let site = try Site()
    try site.record("fox")
    try site.recordedElsewhere()
    try site.alter("fox") { $0[100] ^= 1 }
    let image = try site.data("images/fox.png")
    let unknown = try site.compare("fox")
    #expect(unknown.verdict == .withinTolerance && unknown.recording == .approval)
    try site.record("fox")
    #expect(try site.data("images/fox.png") == image)
    let known = try site.compare("fox")
    #expect(known.verdict == .exact && known.recording == .nothing)
    #expect(known.golden.recordedOn == "abacus")
    #expect(known.golden.pixelHashes["abacus"].count == 1)
  }

  @Test func `a second hash of one instruction set joins the first`() throws {
    let site = try Site()
    try site.record("fox")
    try site.forgetHashes()
    #expect(try site.compare("fox").verdict == .withinTolerance)
    try site.record("fox")
    #expect(try site.compare("fox").verdict == .exact)
    let hashes = try Self.hashes(site)[Device.instructionSet]
    #expect(hashes.count == 2 && hashes.first == String(repeating: "0", count: 64))
  }

  @Test func `a hash that is approved for another instruction set proves nothing`() throws {
    let site = try Site()
    try site.record("fox")
    try site.recordedElsewhere()
    #expect(try site.compare("fox").verdict == .withinTolerance)
  }

  @Test func `an approved hash does not excuse a recorded image out of the tolerance`() throws {
    let site = try Site()
    try site.record("fox")
    try site.alter("fox") { $0[100] ^= 0x80 }
    #expect(try site.compare("fox").fault?.contains("at most 2 is allowed") == true)
  }

  @Test func `many small differences fail, on the instruction set of the recording and on others`()
    throws
  {
    let site = try Site()
    try site.record("fox")
    // One value of 40 of 4,096 pixels, 0.98 %; one more is over 1 %.
    try site.alter("fox") { for pixel in 0..<40 { $0[pixel * 3] ^= 1 } }
    try site.forgetHashes()
    #expect(try site.compare("fox").verdict == .withinTolerance)
    try site.alter("fox") { $0[40 * 3 + 2] ^= 1 }
    let reason = "at most 1.0 % of the pixels may differ, 1.001 % do"
    #expect(try site.compare("fox").fault == reason)
    try site.recordedElsewhere()
    #expect(try site.compare("fox").fault == reason)
  }

  @Test func `a golden's own share counts`() throws {
    let site = try Site(#", "maximum_changed_share": 0"#)
    try site.record("fox")
    try site.alter("fox") { $0[0] ^= 1 }
    #expect(try site.compare("fox").fault?.hasPrefix("at most 0.0 % of the pixels") == true)
  }

  @Test func `an image of another request is replaced even where its pixels are near`() throws {
    let site = try Site()
    try site.record("fox")
    let image = [UInt8](try site.data("images/fox.png"))
    let texts = try ImageTextReader.read(image)
    let others = texts.map {
      $0.keyword == "prompt" ? ImageText(keyword: $0.keyword, value: "a wolf") : $0
    }
    try #require(others != texts)
    try Data(PNGEncoder.encode(ImageDecoder.decode(image), text: others))
      .write(to: URL(filePath: site.path + "/images/fox.png"))
    #expect(try site.compare("fox").recording == .image)
  }
}
