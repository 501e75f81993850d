import Imaging
import Testing

/// Files in formats that are not read say what they are and what to do.
@Suite struct ForeignFormatTests {
  private func refusal(_ bytes: [UInt8]) throws -> String {
    let error = #expect(throws: ImagingError.self) { try ImageDecoder(bytes).header }
    #expect(error?.code == .unsupportedFormat)
    return try #require(error?.message)
  }

  @Test func `files of other formats are named, with a way to an image`() throws {
    let expected = [
      "photo.heic": ("a HEIC image", "heif-convert photo.heic photo.jpg"),
      "photo.avif": ("an AVIF image", "avifdec photo.avif photo.png"),
      "photo.jxl": ("a JPEG XL image", "djxl photo.jxl photo.png"),
      "boxed.jxl": ("a JPEG XL image", "djxl photo.jxl photo.png"),
      "photo.jp2": ("a JPEG 2000 image", "opj_decompress -i photo.jp2 -o photo.png"),
      "photo.j2k": ("a JPEG 2000 image", "opj_decompress -i photo.jp2 -o photo.png"),
      "image.psd": ("a Photoshop document", "convert 'image.psd[0]' image.png"),
      "image.svg": ("an SVG drawing", "rsvg-convert --output image.png image.svg"),
      "page.pdf": ("a PDF document", "pdftoppm -png -singlefile page.pdf page"),
      "clip.mp4": ("a video", "ffmpeg -i clip.mp4 -frames:v 1 frame.png"),
      "clip.mov": ("a video", "ffmpeg -i clip.mp4 -frames:v 1 frame.png"),
      "clip.webm": ("a video", "ffmpeg -i clip.mp4 -frames:v 1 frame.png"),
    ]
    let names = try Fixtures.names(in: "foreign")
    #expect(names == expected.keys.sorted())
    for (file, (name, command)) in expected {
      let message = try refusal(Fixtures.bytes("foreign/\(file)"))
      #expect(
        message.hasPrefix("the file is \(name), and only PNG, JPEG, WebP and GIF are read: "),
        "\(file): \(message)")
      #expect(message.contains("`\(command)`"), "\(file): \(message)")
    }
    let photo = try refusal(Fixtures.bytes("foreign/photo.heic"))
    #expect(photo.contains("Settings > Camera > Formats > Most Compatible"))
  }

  /// A box of ISO media, with its major brand and those it is compatible with.
  private static func media(_ major: String, _ others: [String]) -> [UInt8] {
    [0, 0, 0, UInt8(16 + 4 * others.count)] + Array("ftyp\(major)".utf8) + [0, 0, 0, 0]
      + others.flatMap { Array($0.utf8) } + [0, 0, 0, 8] + Array("mdat".utf8)
  }

  @Test(
    arguments: [
      ("heic", [], "a HEIC"), ("heix", ["mif1"], "a HEIC"), ("msf1", ["hevc"], "a HEIC"),
      ("mif1", ["miaf", "heic"], "a HEIC"), ("mif1", ["avif", "miaf"], "an AVIF"),
      ("avis", ["msf1"], "an AVIF"), ("mif1", [], "a HEIC"), ("crx ", ["isom"], "a camera's raw"),
      ("isom", ["mp42"], "a video"), ("qt  ", [], "a video"), ("3gp4", [], "a video"),
      ("M4A ", ["mp42"], "a sound"),
    ] as [(String, [String], String)])
  func `ISO media are told by their brands`(major: String, others: [String], name: String) throws {
    #expect(try refusal(Self.media(major, others)).contains("the file is \(name)"))
  }

  /// A TIFF in Intel's order, with a directory of these tags.
  private static func tiff(_ tags: [UInt16]) -> [UInt8] {
    let entries = tags.flatMap {
      [UInt8($0 & 255), UInt8($0 >> 8)] + [UInt8](repeating: 0, count: 10)
    }
    return [0x49, 0x49, 0x2A, 0, 8, 0, 0, 0, UInt8(tags.count), 0] + entries + [0, 0, 0, 0]
  }

  @Test func `TIFFs are told from the raw files that cameras make of them`() throws {
    #expect(try refusal(Self.tiff([256, 257])).contains("a TIFF image"))
    #expect(try refusal(Self.tiff([271])).contains("a TIFF image"))
    #expect(try refusal([0x4D, 0x4D, 0, 0x2A, 0, 0]).contains("a TIFF image"))
    #expect(try refusal([0x49, 0x49, 0x2B, 0, 8, 0]).contains("a TIFF image"))
    #expect(try refusal(Self.tiff([256, 50706])).contains("a camera's raw image"))
    #expect(try refusal(Self.tiff([271, 330])).contains("a camera's raw image"))
    var canon = Self.tiff([256])
    canon.insert(contentsOf: Array("CR".utf8), at: 8)
    #expect(try refusal(canon).contains("a camera's raw image"))
  }

  @Test(arguments: [
    ("8BPS", "a Photoshop"), ("%PDF-1.7", "a PDF"), ("%!PS-Adobe", "a PostScript"),
    ("gimp xcf v011", "a GIMP"), ("qoif", "a QOI"), ("P6\n4 4\n255\n", "a PBM"),
    ("#?RADIANCE\n", "a Radiance"), ("FUJIFILMCCD-RAW", "a camera's raw"),
    ("PK\u{3}\u{4}", "a zip archive"), ("Rar!\u{1A}", "a RAR archive"),
    ("GGUF\u{3}", "a GGUF file"), ("Entry not found", "a model hub's refusal"),
    ("RIFF????AVI LIST", "a video"), ("RIFF????WAVEfmt", "a sound"),
    ("<!DOCTYPE HTML><p>", "a web page"), ("\u{FEFF}\n<html lang=en>", "a web page"),
    ("<?xml version='1.0'?><!-- é --><svg>", "an SVG"), ("  <SVG width='3'>", "an SVG"),
    ("version https://git-lfs.github.com/spec/v1\n", "a Git LFS pointer"),
    ("data:image/png;base64,iVBORw0KGgo", "base64 text"), ("{\"error\": \"no\"}", "text"),
    ("", "empty"),
  ])
  func `other files are named by their content`(start: String, name: String) throws {
    #expect(try refusal(Array(start.utf8)).hasPrefix("the file is \(name)"))
  }

  @Test func `signatures that are short need more than themselves`() throws {
    let bitmap = Array("BM".utf8) + [UInt8](repeating: 0, count: 12) + [40, 0, 0, 0]
    #expect(try refusal(bitmap).contains("a BMP image"))
    #expect(try refusal(Array("BMW and other cars".utf8)).contains("the file is text"))
    #expect(try refusal([0, 0, 1, 0, 1, 0]).contains("a Windows icon"))
    #expect(try refusal([0x0A, 5, 1, 8]).contains("a PCX image"))
    #expect(try refusal([0xFE, 0, 1, 0x80]).contains("not an image in PNG, JPEG, WebP or GIF"))
  }

  @Test func `a PNG sent as text, and one packed for iOS, are named`() throws {
    let good = try Fixtures.bytes("png/rgb-8.png")
    let ends = try Fixtures.bytes("corrupt/png-line-endings.png")
    #expect(try refusal(ends).contains("a PNG whose line endings were changed"))
    // A chunk of four bytes before the header; its checksum is that of its type and content.
    let packed: [UInt8] = [
      0, 0, 0, 4, 0x43, 0x67, 0x42, 0x49, 0x50, 0, 0x20, 2, 0x2B, 0xD5, 0xB3, 0x7F,
    ]
    #expect(try refusal(good.prefix(8) + packed + good.dropFirst(8)).contains("packed for iOS"))
  }

  @Test(arguments: ["lossless", "hierarchical", "jpeg-ls", "twelve-bits"])
  func `a JPEG of a process that is not read is no corrupt one`(name: String) throws {
    let message = try refusal(Fixtures.bytes("corrupt/jpg-\(name).jpg"))
    #expect(message.contains("save it as a baseline or progressive JPEG"))
  }
}
