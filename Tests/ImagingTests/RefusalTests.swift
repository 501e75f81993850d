import Imaging
import TestSupport
import Testing

@Suite struct RefusalTests {
  private static let groups = ["png", "jpeg", "webp", "gif", "turned"]

  @Test func `corrupt files are invalid`() throws {
    for name in try Fixtures.names(in: "corrupt") {
      let file = try Fixtures.bytes("corrupt/\(name)")
      let error = #expect(throws: ImagingError.self, "\(name)") { try ImageDecoder.decode(file) }
      let allowed: Set<ImagingError.Code?> = [.invalid, .unsupportedFormat]
      #expect(allowed.contains(error?.code), "\(name): \(String(describing: error))")
    }
  }

  /// libjpeg's words for each of its warnings that stays an error.
  @Test(arguments: [
    ("bad-codes", "bad Huffman code"), ("missing-data", "premature end of data segment"),
    ("restart-out-of-turn", "found marker 0xd4 instead of RST1"),
    ("restart-missing", "instead of RST"),
    ("scan-missing", "Inconsistent progression sequence"),
    ("scan-twice", "Inconsistent progression sequence"),
    ("refinement-missing", "Inconsistent progression sequence"),
  ])
  func `a warning of libjpeg about damage is an error`(name: String, words: String) throws {
    let file = try Fixtures.bytes("corrupt/jpg-\(name).jpg")
    let error = #expect(throws: ImagingError.self) { try ImageDecoder.decode(file) }
    #expect(error?.message.contains(words) == true, "\(String(describing: error))")
  }

  @Test(arguments: [
    ("code-ahead", "the code 7 where at most 6 can be"),
    ("first-code", "the code 6 where at most 3 can be"), ("end", "end too early"),
    ("code-size-0", "indices have 0 bits"), ("code-size-9", "indices have 9 bits"),
  ])
  func `a GIF that no encoder can have written is refused`(name: String, words: String) throws {
    let file = try Fixtures.bytes("corrupt/gif-\(name).gif")
    let error = #expect(throws: ImagingError.self) { try ImageDecoder.decode(file) }
    #expect(error?.message.contains(words) == true, "\(String(describing: error))")
  }

  /// Four components in eighteen scans, the most that libjpeg writes.
  @Test func `a progressive JPEG of four components may have all pixels that are allowed`() throws {
    var file = try Fixtures.bytes("jpeg/cmyk-progressive.jpg")
    let frame = try #require(
      file.indices.dropLast().first { file[$0] == 0xFF && file[$0 + 1] == 0xC2 })
    file.replaceSubrange(frame + 5..<frame + 9, with: [0x13, 0x88, 0x13, 0x88])
    let header = try ImageDecoder(file).header
    #expect(header.width == 5000 && header.height == 5000)
    var limits = ImageLimits()
    limits.jpegScannedPixelCount = 18 * 25_000_000 - 1
    let error = #expect(throws: ImagingError.self) {
      try ImageDecoder(file, limits: limits).header
    }
    #expect(error?.code == .tooLarge)
    #expect(error?.message.contains("5000x5000 in 18 scans") == true)
  }

  @Test(arguments: Self.groups)
  func `a file cut at any tenth is refused`(_ group: String) throws {
    for image in try Fixtures.images(group) where !image.path.contains("after-end") {
      let file = try Fixtures.bytes(image.path)
      for tenth in 0..<10 {
        let cut = Array(file.prefix(file.count * tenth / 10))
        #expect(throws: ImagingError.self, "\(image.path) at \(tenth)/10") {
          try ImageDecoder.decode(cut)
        }
      }
    }
  }

  @Test(arguments: ["png/rgb-8.png", "jpeg/cmyk.jpg", "webp/lossy-alpha.webp", "gif/animated.gif"])
  func `a file cut at any byte is refused`(_ path: String) throws {
    let file = try Fixtures.bytes(path)
    for count in 0..<file.count {
      #expect(throws: ImagingError.self, "\(path) at \(count)") {
        try ImageDecoder.decode(Array(file.prefix(count)))
      }
    }
  }

  @Test func `texts that inflate beyond the limit are refused`() throws {
    for name in try Fixtures.names(in: "textbombs") where name.contains("T") || name == "many.png" {
      let file = try Fixtures.bytes("textbombs/\(name)")
      let error = #expect(throws: ImagingError.self, "\(name)") { try ImageTextReader.read(file) }
      #expect(error?.code == .tooLarge, "\(name)")
    }
  }

  @Test func `a file of more bytes than the limit is too large, whatever it holds`() {
    let limits = ImageLimits()
    let file = [UInt8](repeating: 0x89, count: limits.byteCount + 1)
    let error = #expect(throws: ImagingError.self) { try ImageDecoder.decode(file) }
    #expect(error?.code == .tooLarge)
    #expect(error?.message.contains("\(limits.byteCount)") == true)
  }

  @Test func `limits are those given, inclusive`() throws {
    let file = try Fixtures.bytes("png/rgb-8.png")
    var limits = ImageLimits()
    limits.side = 21
    limits.pixelCount = 21 * 19
    #expect(throws: Never.self) { try ImageDecoder.decode(file, limits: limits) }
    limits.pixelCount -= 1
    #expect(throws: ImagingError.self) { try ImageDecoder(file, limits: limits).header }
    limits.pixelCount += 1
    limits.side -= 1
    #expect(throws: ImagingError.self) { try ImageDecoder(file, limits: limits).header }
  }

  @Test(arguments: [
    "png/rgb-8.png", "jpeg/baseline-420.jpg", "webp/lossy.webp", "gif/colours-256.gif",
  ])
  func `an aspect beyond the limit is told by the header`(path: String) throws {
    let file = try Fixtures.bytes(path)
    let header = try ImageDecoder(file).header
    let (long, short) = (max(header.width, header.height), min(header.width, header.height))
    try #require(long > short)
    var limits = ImageLimits()
    limits.aspect = (long + short - 1) / short
    #expect(throws: Never.self) { try ImageDecoder(file, limits: limits).header }
    limits.aspect = (long - 1) / short
    let error = #expect(throws: ImagingError.self) {
      try ImageDecoder(file, limits: limits).header
    }
    #expect(error?.code == .invalid && error?.message.contains("times the other") == true)
  }

  @Test(arguments: [[0xFF, 0xE5, 0x00, 0x02], [0xFF, 0xD0]] as [[UInt8]])
  func `a JPEG of nothing but markers costs the same however long it is`(marker: [UInt8]) {
    func file(markerCount: Int) -> [UInt8] {
      [0xFF, 0xD8] + repeatElement(marker, count: markerCount).joined()
    }
    func refuse(_ file: [UInt8]) -> ImagingError.Code? {
      do throws(ImagingError) {
        _ = try ImageDecoder(file).header
        return nil
      } catch { return error.code }
    }
    // A tenth over the limit of markers, and as many as the limit of bytes allows: 11 or 23 times as many.
    let most = (ImageLimits().byteCount - 2) / marker.count
    let (short, long) = (file(markerCount: 1_100_000), file(markerCount: most))
    #expect(refuse(short) == .tooLarge && refuse(long) == .tooLarge)
    let excess = ProcessorTime.excess(
      of: { _ = refuse(long) }, over: 4, times: { _ = refuse(short) })
    #expect(excess == nil)
  }

  @Test func `bombs are refused for less than what an image of 7 MB costs, and within 32 MB`() async
  {
    await #expect(processExitsWith: .success) {
      let names = try Fixtures.names(in: "bombs")
      for name in names {
        let file = try Fixtures.bytes("bombs/\(name)")
        let before = try ProcessUsage.peakByteCount()
        #expect(throws: ImagingError.self, "\(name)") { try ImageDecoder.decode(file) }
        let growth = try ProcessUsage.peakByteCount() - before
        #expect(growth < 32 << 20, "\(name)")
      }
      let large = try Fixtures.plain(width: 1500, height: 1500)
      for name in names {
        let file = try Fixtures.bytes("bombs/\(name)")
        let excess = try ProcessorTime.excess(
          of: { _ = try? ImageDecoder.decode(file) }, over: 1,
          times: { _ = try ImageDecoder.decode(large) })
        #expect(excess == nil, "\(name)")
      }
    }
  }
}
