import API
import Flux2
import Foundation
import Imaging
import Rendering

/// Section 3 of the HTTP contract, without what it says of image files.
enum EditRules {
  static let all = [single, listed, ownSizes, sizes, strengths, modes, forms, shared].flatMap { $0 }

  /// An image of 64x64 in base64.
  static let base64Image = base64(width: 64, height: 64)

  /// An image in base64.
  static func base64(width: Int, height: Int) -> String {
    Data((try? TestImage.png(width: width, height: height)) ?? []).base64EncodedString()
  }

  /// A file part.
  static func file(
    _ name: String = "image", width: Int = 64, height: Int = 64
  ) throws -> TestForm.Part {
    .file(name, try TestImage.png(width: width, height: height))
  }

  /// A file input that was not used, as browsers send it.
  private static func unused(_ name: String) -> TestForm.Part {
    .raw(
      "Content-Disposition: form-data; name=\"\(name)\"; filename=\"\"\r\n"
        + "Content-Type: application/octet-stream", [])
  }

  private static let image = #""image":"\#(base64Image)""#

  private static func list(_ count: Int) -> String {
    #""images":[\#(Array(repeating: #""\#(base64Image)""#, count: count).joined(separator: ","))]"#
  }

  private static func references(_ widths: Int...) -> Rule.Holds {
    { $0.plan.request.references.map(\.width) == widths }
  }

  private static let isSource: Rule.Holds = {
    $0.plan.request.references.count == 1 && $0.plan.request.strength == 0.75
  }

  private static let single: [Rule] = [
    .edits("image", "one", image, where: references(64)),
    .refusesEdit("image", "none", "", "image"),
    .refusesEdit("image", "null", #""image":null,"images":null"#, "image"),
    .refusesEdit("image", "beside images", image + "," + list(1), "images"),
    .refusesEdit("image", "a list", #""image":["\#(base64Image)"]"#, "image"),
    .refusesEdit("image", "a number", #""image":4"#, "image"),
    .refusesEdit("image", "a URL", #""image":"HTTPS://example.org/a.png""#, "image"),
  ]

  private static let listed: [Rule] = [
    .edits("images", "1", list(1), where: isSource),
    .edits("images", "5", list(5), where: references(64, 64, 64, 64, 64)),
    .refusesEdit("images", "6", list(6), "images"),
    .refusesEdit("images", "an empty list", #""images":[]"#, "images"),
    .refusesEdit("images", "a string", #""images":"\#(base64Image)""#, "images"),
    .refusesEdit("images", "numbers", #""images":[4]"#, "images"),
    .refusesEdit("images", "null in the list", #""images":[null]"#, "images"),
    .edits(
      "images", "OpenAI's form",
      #""images":[{"image_url":"data:image/png;base64,\#(base64Image)"}]"#),
    .edits(
      "images", "in order", #""images":["\#(base64(width: 128, height: 64))","\#(base64Image)"]"#
    ) { $0.plan.request.references.map(\.width) == [128, 64] },
    .refusesEdit(
      "images", "an https URL", #""images":[{"image_url":"https://example.org/a.png"}]"#,
      "images"),
    .refusesEdit(
      "images", "an http URL of this network",
      #""images":[{"image_url":"http://169.254.169.254/latest"}]"#, "images"),
    .refusesEdit("images", "a file_id", #""images":[{"file_id":"file-1"}]"#, "images"),
    .refusesEdit(
      "images", "further members", #""images":[{"image_url":"data:,x","detail":"low"}]"#, "images"),
  ]

  private static let ownSizes: [Rule] =
    [
      ("that of the image", (100, 100), (96, 96)),
      ("704 is kept", (704, 704), (704, 704)), ("705 is scaled down", (705, 705), (704, 704)),
      ("the aspect is kept", (1408, 704), (704, 352)),
      ("767x100 is scaled, then rounded down", (767, 100), (704, 80)),
      ("never scaled up, but at least 64", (30, 40), (64, 64)),
    ].map { name, source, size in
      .edits("size", name, #""image":"\#(base64(width: source.0, height: source.1))""#) {
        $0.plan.size == PixelSize(width: size.0, height: size.1)
      }
    }

  private static let sizes: [Rule] = [
    .edits(
      "size", "that of the first image",
      #""images":["\#(base64(width: 128, height: 64))","\#(base64Image)"]"#
    ) { $0.plan.size == PixelSize(width: 128, height: 64) },
    .edits("size", "704 is the longest side", image + #","size":"704x704""#) {
      $0.plan.size == PixelSize(width: 704, height: 704)
    },
    .refusesEdit("size", "705 wide", image + #","size":"705x64""#, "size"),
    .refusesEdit("size", "705 high", image + #","size":"64x705""#, "size"),
    .edits("size", "703 is rounded down", image + #","size":"703x703""#) {
      $0.plan.size == PixelSize(width: 688, height: 688)
    },
    .edits("size", "auto", image + #","size":"auto""#) {
      $0.plan.size == PixelSize(width: 64, height: 64)
    },
  ]

  private static let strengths: [Rule] = [
    .edits("strength", "0.75 when absent", image) { $0.plan.request.strength == 0.75 },
    .edits("strength", "0", image + #","strength":0"#) { $0.plan.request.strength == 0 },
    .edits("strength", "1", image + #","strength":1"#) { $0.plan.request.strength == 1 },
    .refusesEdit("strength", "1.01", image + #","strength":1.01"#, "strength"),
    .refusesEdit("strength", "-0.01", image + #","strength":-0.01"#, "strength"),
    .refusesEdit("strength", "text", image + #","strength":"1""#, "strength"),
    .edits("strength", "no effect with several images", list(2) + #","strength":0.1"#) {
      $0.plan.request.strength == 1
    },
  ]

  private static func strength(_ value: Double) -> Rule.Holds {
    { $0.plan.request.strength == value }
  }

  private static let modes: [Rule] = [
    .edits("edit_mode", "strength when absent", image, where: strength(0.75)),
    .edits("edit_mode", "null means absent", image + #","edit_mode":null"#, where: strength(0.75)),
    .edits("edit_mode", "strength", image + #","edit_mode":"strength""#, where: strength(0.75)),
    .edits("edit_mode", "reference", image + #","edit_mode":"reference""#, where: strength(1)),
    .edits(
      "edit_mode", "a strength has no effect by reference",
      image + #","edit_mode":"reference","strength":0.5"#,
      where: WarningRules.codes("strength_unused")),
    .forms("edit_mode", "in a form", where: strength(1)) {
      try [file(), .text("edit_mode", "reference")]
    },
    .refusesEdit("edit_mode", "another word", image + #","edit_mode":"inpaint""#, "edit_mode"),
    .edits("edit_mode", "the deployment's when absent", image, where: strength(1))
      .when { $0.model.limits.editMode = .reference },
    .edits(
      "edit_mode", "a strength asks for its mode", image + #","strength":0.5"#,
      where: strength(0.5)
    ).when { $0.model.limits.editMode = .reference },
  ]

  private static let forms: [Rule] = [
    .forms("multipart", "image once is the source", where: isSource) {
      try [file()]
    },
    .forms("multipart", "image repeated is a list", where: references(128, 64)) {
      try [file(width: 128), file()]
    },
    .forms("multipart", "image[] is a list", where: references(128, 64)) {
      try [file("image[]", width: 128), file("image[]")]
    },
    .forms("multipart", "all names merge in order", where: references(64, 128, 96, 80)) {
      try [
        file("image[]"), file("image", width: 128), file("images", width: 96),
        file("images[]", width: 80),
      ]
    },
    .forms("multipart", "text is base64", where: references(64, 64, 64)) {
      [.text("image", base64Image), .text("image[]", base64Image), .text("images[]", base64Image)]
    },
    .forms("multipart", "5 files", where: references(64, 64, 64, 64, 64)) {
      try (0..<5).map { _ in try file("image[]") }
    },
    .refusesForm("multipart", "6 files", "images") { try (0..<6).map { _ in try file("image[]") } },
    .refusesForm("multipart", "no file", "image") { [] },
    .forms("multipart", "an unused file input among several", where: references(64)) {
      try [unused("image[]"), file("image[]"), unused("image"), .text("images", "")]
    },
    .refusesForm("multipart", "nothing but unused file inputs", "image") { [unused("image")] },
    .refusesForm("multipart", "an unused file input where text is required", "prompt") {
      try [file(), unused("prompt")]
    },
    .forms("multipart", "an unused file input for a mask", where: isSource) {
      try [file(), unused("mask"), unused("markup")]
    },
    .forms("multipart", "an empty file for a mask", where: isSource) {
      try [file(), .file("mask", []), .file("markup", [])]
    },
    .forms("multipart", "an empty text for what is refused", where: isSource) {
      try [file(), .text("mask", ""), .text("markup", ""), .text("negative_prompt", "")]
    },
    .refusesForm("multipart", "a mask", "mask") { try [file(), file("mask")] },
    .refusesForm("multipart", "markup", "markup") { try [file(), file("markup")] },
    .refusesForm("multipart", "a mask as text", "mask") {
      try [file(), .text("mask", base64Image)]
    },
    .refusesForm("multipart", "an unused file input of an unknown name", "mesk") {
      try [file(), unused("mesk")]
    },
    .forms(
      "multipart", "a part's own type is not trusted",
      {
        let head = #"Content-Disposition: form-data; name="image"; filename="a.gif""#
        return [
          .raw(head + "\r\nContent-Type: text/html", try TestImage.png(width: 64, height: 64))
        ]
      }),
    .forms("multipart", "numbers in brackets are the order", where: references(64, 128, 96)) {
      try [file("image[2]", width: 96), file("image[0]"), file("image[1]", width: 128)]
    },
    .forms("multipart", "numbers keep to their places", where: references(80, 64, 96)) {
      try [file("image", width: 80), file("images[7]", width: 96), file("images[3]")]
    },
    .refusesForm("multipart", "a number twice", "image[1]") {
      try [file("image[1]"), file("image[1]")]
    },
    .refusesForm("multipart", "a number that is none", "image[-1]") { try [file("image[-1]")] },
    .refusesForm(
      "multipart", "a name beyond 64 bytes", String(repeating: "\u{301}", count: 32) + "…"
    ) {
      try [file(), .text(String(repeating: "\u{301}", count: 20_00), "1")]
    },
    .refusesForm("multipart", "a choice beyond 64 bytes", "lora") {
      try [file(), .text("lora", String(repeating: "k", count: 65))]
    },
    .forms("multipart", "a parameter that ends in a semicolon", where: isSource) {
      let head = #"Content-Disposition: form-data;; name="image"; filename="a.png";"#
      return [.raw(head, try TestImage.png(width: 64, height: 64))]
    },
    .forms("multipart", "a file without a file name", where: references(128, 64)) {
      let png = "Content-Type: image/png\r\n"
      let name = #"Content-Disposition: form-data; name="image[]""#
      return [
        .raw(png + name, try TestImage.png(width: 128, height: 64)),
        .raw(name, try TestImage.png(width: 64, height: 64)),
      ]
    },
    .forms("multipart", "a streamed form", { try [file()] }).inChunks,
    .edits("multipart", "a streamed document", image).inChunks,
  ]

  private static let shared: [Rule] = [
    .edits("section 2", "holds for edits too", image + #","seed":7,"num_steps":9,"lora":"dark""#) {
      $0.plan.request.seed == 7 && $0.plan.request.stepCount == 9
        && $0.plan.loras.first?.name == "dark"
    },
    .refusesEdit("section 2", "a mask", image + #","mask":"\#(base64Image)""#, "mask"),
    .refusesEdit("section 2", "a misspelt seed", image + #","sead":1"#, "sead"),
    .edits("section 2", "a stream", image + #","stream":true,"partial_images":1"#) {
      $0.answer.text.contains("event: image_edit.partial_image\n")
        && $0.answer.text.contains("event: image_edit.completed\n")
    },
  ]
}
