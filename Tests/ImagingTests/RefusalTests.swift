import Imaging
import Testing

@Suite struct `Refusing` {
  private static let groups = ["png", "jpeg", "webp", "gif", "turned"]

  @Test func `corrupt files are invalid`() throws {
    for name in try Fixtures.names(in: "corrupt") {
      let file = try Fixtures.bytes("corrupt/\(name)")
      let error = #expect(throws: ImagingError.self, "\(name)") { try ImageDecoder.decode(file) }
      let allowed: Set<ImagingError.Code?> = [.invalid, .unsupportedFormat]
      #expect(allowed.contains(error?.code), "\(name): \(String(describing: error))")
    }
  }

  @Test(arguments: Self.groups)
  func `a file cut at any tenth is refused`(_ group: String) throws {
    for picture in try Fixtures.pictures(group) where !picture.path.contains("after-end") {
      let file = try Fixtures.bytes(picture.path)
      for tenth in 0..<10 {
        let cut = Array(file.prefix(file.count * tenth / 10))
        #expect(throws: ImagingError.self, "\(picture.path) at \(tenth)/10") {
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
      let error = #expect(throws: ImagingError.self, "\(name)") { try PNGTextReader.read(file) }
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
    #expect(throws: ImagingError.self) { try ImageDecoder.header(file, limits: limits) }
    limits.pixelCount += 1
    limits.side -= 1
    #expect(throws: ImagingError.self) { try ImageDecoder.header(file, limits: limits) }
  }

  @Test(arguments: [[0xFF, 0xE5, 0x00, 0x02], [0xFF, 0xD0]] as [[UInt8]])
  func `a JPEG of nothing but markers is refused within 50 ms`(marker: [UInt8]) {
    var file: [UInt8] = [0xFF, 0xD8]
    while file.count < ImageLimits().byteCount { file += marker }
    file.removeLast(file.count - ImageLimits().byteCount)
    var error: ImagingError?
    let time = ProcessUsage.leastProcessorTime {
      do throws(ImagingError) { _ = try ImageDecoder.header(file) } catch let caught {
        error = caught
      }
    }
    #expect(error?.code == .tooLarge)
    #expect(time < .milliseconds(50))
  }

  @Test func `bombs are refused within 50 ms and 32 MB`() async {
    await #expect(processExitsWith: .success) {
      for name in try Fixtures.names(in: "bombs") {
        let file = try Fixtures.bytes("bombs/\(name)")
        let before = try ProcessUsage.peakByteCount()
        var error: ImagingError?
        let time = ProcessUsage.leastProcessorTime {
          do throws(ImagingError) { _ = try ImageDecoder.decode(file) } catch let caught {
            error = caught
          }
        }
        let growth = try ProcessUsage.peakByteCount() - before
        print("\(name): \(time), \(growth >> 10) KB, \(error?.message ?? "accepted")")
        #expect(error != nil, "\(name)")
        #expect(time < .milliseconds(50), "\(name)")
        #expect(growth < 32 << 20, "\(name)")
      }
    }
  }
}
