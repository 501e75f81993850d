import Flux2
import Foundation
import Imaging
import Rendering
import Tensors
import TestSupport
import Testing

@Suite struct GoldenFolderTests {
  static let renderer = Result {
    try Renderer(model: .directory(Fixture.path("reference/tiny/model")), threadCount: 2)
  }

  /// Two goldens of a small random model, in a folder of their own.
  struct Site {
    private let folder: TemporaryFolder
    let registry = LoRARegistry()

    init(_ extra: String = "") throws {
      folder = try TemporaryFolder()
      try write(
        """
        {"version": 1, "goldens": [
          {"id": "fox", "prompt": "a fox", "seed": 7, "size": "64x64"\(extra)},
          {"id": "cat", "prompt": "a cat", "seed": 8, "size": "80x64"}]}
        """, to: "manifest.json")
    }

    var path: String { folder.path }

    func write(_ text: String, to file: String) throws { try folder.write(text, to: file) }

    func data(_ file: String) throws -> Data {
      try Data(contentsOf: URL(filePath: path + "/" + file))
    }

    func compare(_ id: String) throws -> GoldenComparison {
      let folder = try GoldenFolder(path: path)
      return try folder.compare(
        #require(folder.manifest.golden(id)), registry: registry, renderer: renderer.get())
    }

    func record(_ id: String) throws {
      var folder = try GoldenFolder(path: path)
      try folder.record(compare(id))
    }

    /// Changes the recorded image as a fault of the renderer would change the new one.
    func alter(_ id: String, by change: (inout [UInt8]) -> Void) throws {
      let bytes = [UInt8](try data("images/\(id).png"))
      let image = try ImageDecoder.decode(bytes)
      var pixels = image.pixels
      change(&pixels)
      let altered = Raster(width: image.width, height: image.height, pixels: pixels)
      try Data(PNGEncoder.encode(altered, text: ImageTextReader.read(bytes)))
        .write(to: URL(filePath: path + "/images/\(id).png"))
    }

    /// Says that all that was recorded, and every approved hash, is of another instruction set.
    func recordedElsewhere() throws {
      let text = String(decoding: try data("manifest.json"), as: UTF8.self)
      try write(
        text.replacing("\"\(Device.instructionSet)\"", with: "\"abacus\""), to: "manifest.json")
    }

    /// Puts another hash in the place of every approved one, as if the kernels had changed.
    func forgetHashes() throws {
      let text = String(decoding: try data("manifest.json"), as: UTF8.self)
      try write(
        text.replacing(/"[0-9a-f]{64}"/, with: "\"\(String(repeating: "0", count: 64))\""),
        to: "manifest.json")
    }
  }

  @Test func `what was never recorded fails, and passes as exact once it is`() throws {
    let site = try Site()
    #expect(try site.compare("fox").fault == "never recorded")
    try site.record("fox")
    let comparison = try site.compare("fox")
    #expect(comparison.verdict == .exact && comparison.recording == .nothing)
    #expect(comparison.golden.recordedOn == comparison.instructionSet)
    #expect(comparison.difference?.maximum == 0)
    #expect(try site.compare("cat").fault == "never recorded")
  }

  @Test func `a recorded image that is missing fails`() throws {
    let site = try Site()
    try site.record("fox")
    try FileManager.default.removeItem(atPath: site.path + "/images/fox.png")
    #expect(try site.compare("fox").fault == "images/fox.png is missing")
  }

  @Test func `an image that another model draws the same is not written again`() throws {
    let site = try Site()
    try site.record("fox")
    let image = try [UInt8](site.data("images/fox.png"))
    let texts = try ImageTextReader.read(image).map {
      $0.keyword == "model_hash" ? ImageText(keyword: $0.keyword, value: "another") : $0
    }
    let other = try PNGEncoder.encode(ImageDecoder.decode(image), text: texts)
    try Data(other).write(to: URL(filePath: site.path + "/images/fox.png"))
    #expect(other != image)
    #expect(try site.compare("fox").recording == .nothing)
    try site.record("fox")
    #expect(try [UInt8](site.data("images/fox.png")) == other)
  }

  @Test func `a recorded image that is a link stays one`() throws {
    let site = try Site()
    try site.record("fox")
    let (link, target) = (site.path + "/images/fox.png", site.path + "/kept.png")
    try FileManager.default.moveItem(atPath: link, toPath: target)
    try FileManager.default.createSymbolicLink(atPath: link, withDestinationPath: target)
    try site.alter("fox") { $0[0] ^= 255 }
    try site.record("fox")
    #expect(try FileManager.default.destinationOfSymbolicLink(atPath: link) == target)
    #expect(try site.compare("fox").recording == .nothing)
  }

  @Test func `recording one golden touches neither the image nor the line of another`() throws {
    let site = try Site()
    try site.record("cat")
    try site.recordedElsewhere()
    let before = try site.data("images/cat.png")
    try site.record("fox")
    #expect(try site.data("images/cat.png") == before)
    let manifest = try GoldenFolder(path: site.path).manifest
    #expect(manifest.golden("cat")?.recordedOn == "abacus")
    #expect(manifest.golden("fox")?.recordedOn == (try site.compare("fox").instructionSet))
    let files = try FileManager.default.subpathsOfDirectory(atPath: site.path).sorted()
    #expect(files == ["images", "images/cat.png", "images/fox.png", "manifest.json"])
  }

  @Test func `on the instruction set of the recording 2 of 255 pass, and 3 in one value do not`()
    throws
  {
    let site = try Site()
    try site.record("fox")
    try site.alter("fox") { $0[100] = $0[100] < 128 ? $0[100] + 2 : $0[100] - 2 }
    try site.forgetHashes()
    let near = try site.compare("fox")
    #expect(near.verdict == .withinTolerance && near.difference?.maximum == 2)
    try site.alter("fox") { $0[100] = $0[100] < 128 ? $0[100] + 1 : $0[100] - 1 }
    let far = try site.compare("fox")
    #expect(far.difference?.maximum == 3)
    #expect(far.fault?.contains("at most 2 is allowed; worst in green at column 33, row 0") == true)
  }

  @Test func `a golden's own tolerance counts`() throws {
    let site = try Site(#", "maximum_difference": 0"#)
    try site.record("fox")
    #expect(try site.compare("fox").verdict == .exact)
    try site.alter("fox") { $0[0] ^= 1 }
    #expect(try site.compare("fox").fault?.contains("at most 0") == true)
  }

  @Test func `on another instruction set the signal-to-noise ratio decides`() throws {
    let site = try Site()
    try site.record("fox")
    try site.recordedElsewhere()
    // One value of 12,288 off by 100 at least: 49 dB at most, and 41 for one off by 255.
    try site.alter("fox") { $0[0] = $0[0] < 128 ? $0[0] + 100 : $0[0] - 100 }
    #expect(try site.compare("fox").verdict == .withinTolerance)
    try site.alter("fox") { for index in 0..<50 { $0[index] = 255 - $0[index] } }
    let far = try site.compare("fox")
    #expect((far.difference?.psnr ?? 99) < 45)
    #expect(far.fault?.contains("at least 45.0 dB") == true)
    #expect(far.fault?.contains("recorded on abacus") == true)
  }

  @Test func `an image of another size, and another request, are named as the reason`() throws {
    let site = try Site()
    try site.record("fox")
    let text = String(decoding: try site.data("manifest.json"), as: UTF8.self)
    try site.write(
      text.replacing(#""seed": 7"#, with: #""seed": 9"#), to: "manifest.json")
    #expect(try site.compare("fox").fault?.contains("another request") == true)
    try site.write(text.replacing("64x64", with: "96x64"), to: "manifest.json")
    #expect(try site.compare("fox").fault?.hasPrefix("96x64 instead of the recorded 64x64") == true)
  }

  @Test
  func
    `a reference that is missing, or leads out of the folder, is an error that names the golden`()
    throws
  {
    let site = try Site(#", "images": ["photo.png"]"#)
    let missing = #expect(throws: RenderError.self) { try GoldenFolder(path: site.path) }
    #expect(missing?.message.hasPrefix("golden `fox`: there is no ") == true)
    try FileManager.default.createSymbolicLink(
      atPath: site.path + "/photo.png",
      withDestinationPath: Fixture.path("imaging/png.txt"))
    let outside = #expect(throws: RenderError.self) { try GoldenFolder(path: site.path) }
    #expect(outside?.message == "golden `fox`: `photo.png` leads out of the goldens' folder")
  }

  @Test func `a request that could not be rendered is an error that names the golden`() throws {
    let site = try Site(#", "num_steps": 51, "lora": "dark""#)
    let error = #expect(throws: RenderError.self) { try site.compare("fox") }
    #expect(error?.message == "golden `fox`: num_steps is 51; allowed is 1 to 50")
  }

  @Test func `a recorded image that is none, and a folder without a manifest, are errors`() throws {
    let site = try Site()
    try site.record("fox")
    try site.write("not an image", to: "images/fox.png")
    let error = #expect(throws: RenderError.self) { try site.compare("fox") }
    #expect(error?.message.hasPrefix("golden `fox`: ") == true)
    #expect(throws: RenderError.self) { try GoldenFolder(path: site.path + "/images") }
  }

  @Test func `the image of a failure shows the recording, the render and where they differ`() throws
  {
    let site = try Site()
    try site.record("fox")
    try site.alter("fox") { $0[100] ^= 0x80 }
    let comparison = try site.compare("fox")
    let file = try GoldenSheets(path: site.path + "/sheets").write(comparison)
    #expect(file == site.path + "/sheets/fox.png")
    let sheet = try ImageDecoder.decode([UInt8](site.data("sheets/fox.png")))
    let recorded = try ImageDecoder.decode([UInt8](site.data("images/fox.png")))
    #expect(sheet == ComparisonImage.panels(before: recorded, after: comparison.rendered.raster))
    let map = sheet.cropped(x: 2 * 72, y: 0, width: 64, height: 64)
    #expect(map.pixels.count { $0 != 0 } == 1 && map.pixels[100] == 255)
  }
}
