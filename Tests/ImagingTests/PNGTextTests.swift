import Imaging
import Testing

@Suite struct PNGTextTests {
  private static let gradient = Raster(
    width: 37, height: 23, pixels: (0..<37 * 23 * 3).map { UInt8(truncatingIfNeeded: $0 * 7) })

  @Test func `what is written decodes to the same pixels`() throws {
    let file = try PNGEncoder.encode(Self.gradient)
    expectEqual(try ImageDecoder.decode(file), Self.gradient)
  }

  @Test func `equal images and texts give equal bytes`() throws {
    let text = [ImageText(keyword: "prompt", value: "a fox")]
    #expect(
      try PNGEncoder.encode(Self.gradient, text: text)
        == PNGEncoder.encode(Self.gradient, text: text))
  }

  @Test func `texts come back in order, whatever their script`() throws {
    let texts = [
      ImageText(keyword: "prompt", value: "a red fox\non a beach"),
      ImageText(keyword: "prompt", value: "un café à Orléans"),
      ImageText(keyword: "prompt", value: "海辺の赤い狐 🦊"),
      ImageText(keyword: "control", value: "tab\tand escape\u{1B}"),
      ImageText(keyword: "Clé", value: ""),
    ]
    let file = try PNGEncoder.encode(Self.gradient, text: texts)
    #expect(try ImageTextReader.read(file) == texts)
    expectEqual(try ImageDecoder.decode(file), Self.gradient)
  }

  @Test func `Latin-1 is stored as tEXt and the rest as iTXt`() throws {
    func file(_ value: String) throws -> [UInt8] {
      try PNGEncoder.encode(Self.gradient, text: [ImageText(keyword: "k", value: value)])
    }
    #expect(try file("café").contains(Array("tEXtk\0caf".utf8) + [0xE9]))
    #expect(try file("狐").contains(Array("iTXtk\0\0\0\0\0狐".utf8)))
  }

  @Test(arguments: ["", " k", "k ", "a  b", "a\nb", "狐", String(repeating: "k", count: 80)])
  func `a keyword that PNG cannot hold is refused`(_ keyword: String) {
    let error = #expect(throws: ImagingError.self) {
      try PNGEncoder.encode(Self.gradient, text: [ImageText(keyword: keyword, value: "v")])
    }
    #expect(error?.code == .invalidText)
  }

  @Test func `a text with NUL is refused`() {
    let error = #expect(throws: ImagingError.self) {
      try PNGEncoder.encode(Self.gradient, text: [ImageText(keyword: "k", value: "a\0b")])
    }
    #expect(error?.code == .invalidText)
  }
}
