import API
import Flux2
import Foundation
import Imaging
import Rendering
import TestSupport

/// The rules of section 3 of the HTTP contract about image files.
enum ImageRules {
  static let all = [
    formats, strangers, orientations, truncated, damaged, limits, encodings,
  ].flatMap { $0 }

  /// A file of the fixtures, in a form.
  private static func part(_ path: String) throws -> TestForm.Part {
    .file("image", try Fixture.bytes("imaging/\(path)"))
  }

  private static let formats: [Rule] =
    [
      ("PNG", "png/rgb-8.png"), ("JPEG", "jpeg/baseline-420.jpg"), ("WebP", "webp/lossy.webp"),
      ("lossless WebP", "webp/lossless.webp"), ("GIF", "gif/colours-256.gif"),
      ("GIF87a", "gif/old.gif"), ("the first frame of a GIF", "gif/animated.gif"),
      ("the first frame of a WebP", "webp/animated.webp"), ("an animated PNG", "png/animated.png"),
      ("CMYK", "jpeg/cmyk.jpg"), ("YCCK", "jpeg/ycck.jpg"), ("a grey JPEG", "jpeg/grey.jpg"),
      ("16 bits", "png/rgb-16.png"), ("a palette", "png/palette-4.png"),
      ("a grey PNG", "png/grey-8.png"), ("interlaced", "png/rgb-8-interlaced.png"),
      ("alpha", "png/greyalpha-8.png"), ("alpha in WebP", "webp/lossy-alpha.webp"),
      ("progressive", "jpeg/baseline-420-progressive.jpg"),
    ].map { name, path in .forms("formats", name, { [try part(path)] }) }

  private static let strangers: [Rule] = [
    .refusesForm("formats", "text", "image", code: "unsupported_image_format") {
      [.file("image", Array("a fox, in words".utf8))]
    },
    .refusesForm("formats", "SVG", "image", code: "unsupported_image_format") {
      [.file("image", Array("<svg xmlns='http://www.w3.org/2000/svg'/>".utf8))]
    },
    .refusesForm("formats", "nothing", "image", code: "invalid_image") { [.file("image", [])] },
  ]

  /// All are stored wider than high; from 5 on they are turned by a quarter.
  private static let orientations: [Rule] = (1...8).flatMap { number in
    ["jpg", "png", "webp"].map { format in
      .forms("orientation", "\(number) in \(format)", where: number < 5 ? isWide : isHigh) {
        [try part("turned/orientation-\(number).\(format)")]
      }
    }
  }

  private static let isWide: Rule.Holds = { drawing in
    drawing.plan.request.references.first.map { $0.width > $0.height } == true
  }

  private static let isHigh: Rule.Holds = { drawing in
    drawing.plan.request.references.first.map { $0.width < $0.height } == true
  }

  private static let truncated: [Rule] =
    [
      "png/rgb-8.png", "jpeg/baseline-420.jpg", "webp/lossy.webp", "gif/colours-256.gif",
    ].map { path in
      .refusesForm("damage", "half of \(path)", "image", code: "invalid_image") {
        guard case .file(let name, let bytes) = try part(path) else { return [] }
        return [.file(name, Array(bytes.prefix(bytes.count / 2)))]
      }
    }

  private static let damaged: [Rule] =
    [
      "corrupt/png-data-checksum.png", "corrupt/jpg-bad-codes.jpg",
      "corrupt/webp-short-lossless.webp", "corrupt/gif-short-data.gif",
    ].map { path in
      .refusesForm("damage", path, "image", code: "invalid_image") { [try part(path)] }
    }

  private static let limits: [Rule] = [
    .forms("20 MB", "a file", { [.file("image", try TestImage.png(byteCount: 20 << 20))] }),
    .refusesForm("20 MB", "a file, one byte more", "image", code: "image_too_large") {
      [.file("image", try TestImage.png(byteCount: 20 << 20 + 1))]
    },
    Rule(
      row: "20 MB", name: "base64", request: base64(byteCount: 20 << 20),
      outcome: .draws { _ in true }),
    Rule(
      row: "20 MB", name: "base64, one byte more", request: base64(byteCount: 20 << 20 + 1),
      outcome: .refuses(400, "image_too_large", parameter: "images")),
    .refusesForm("25 megapixels", "more, by the header", "image", code: "image_too_large") {
      [try part("bombs/pixels.png")]
    },
    .refusesForm("16,384 per side", "more, by the header", "image", code: "image_too_large") {
      [try part("bombs/side.png")]
    },
    .refusesForm("8:1", "900x100", "image", code: "invalid_image") {
      [try EditRules.file(width: 900, height: 100)]
    },
    .refusesEdit(
      "8:1", "900x100 in a list",
      #""images":["\#(EditRules.base64Image)","\#(EditRules.base64(width: 900, height: 100))"]"#,
      "images", code: "invalid_image"),
    .forms("8:1", "800x100", { [try EditRules.file(width: 800, height: 100)] }),
  ]

  private static func base64(byteCount: Int) -> ContractRequest {
    ContractRequest(path: TestSite.edits) {
      TestSite.document(files: [try TestImage.png(byteCount: byteCount)])
    }
  }

  private static let encodings: [Rule] = {
    let text = EditRules.base64Image
    func edits(_ name: String, _ text: String) -> Rule {
      .edits("base64", name, #""image":"\#(text)""#)
    }
    func refuses(_ name: String, _ text: String) -> Rule {
      .refusesEdit("base64", name, #""image":"\#(text)""#, "image", code: "invalid_base64")
    }
    let safe = text.replacingOccurrences(of: "+", with: "-").replacingOccurrences(
      of: "/", with: "_")
    return [
      edits("a data URI", "data:image/png;base64,\(text)"),
      edits("a data URI that claims another format", "data:image/jpeg;base64,\(text)"),
      edits("a data URI in capitals", "DATA:;BASE64,\(text)"),
      edits("URL-safe", safe),
      edits("not padded", text.replacingOccurrences(of: "=", with: "")),
      edits("line breaks", text.prefix(76) + #"\r\n"# + text.dropFirst(76) + #"\n"#),
      refuses("a blank", "a b"), refuses("another character", "YWI*"),
      refuses("a digit too many", "YWJjZ"), refuses("too much padding", "YWI=="),
      refuses("padding inside", "YW=I"), refuses("bits left over", "YWJ"),
      refuses("a data URI without base64", "data:image/png,\(text)"),
      refuses("a data URI that ends", "data:"),
      .refusesEdit(
        "base64", "a data URI, strictly", #""image":"data:image/png;base64,\#(text)""#, "image",
        code: "invalid_base64"
      ).when { $0.requiresPlainBase64 = true },
      edits("plain, strictly", text).when { $0.requiresPlainBase64 = true },
    ]
  }()
}
