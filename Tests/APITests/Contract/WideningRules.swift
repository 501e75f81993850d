import API
import Flux2
import Foundation
import Imaging
import Rendering

/// Section 10 of the HTTP contract: requests that the operator's settings let in.
enum WideningRules {
  static let all = [
    masked.map { $0.when { $0.model.limits.allowsMask = true } },
    negated.map { $0.when { $0.model.limits.allowsNegativePrompt = true } },
    counted.map { $0.when { $0.model.limits.imageCounts = 1...4 } },
    formats.map { $0.when { $0.model.limits.outputFormats = OutputFormat.allCases } },
    [unlisted.when { $0.model.limits.outputFormats = [.png, .webp] }],
    stored.map(\.whereImagesAreStored),
    chosen.map { $0.when(hasTwoModels) },
  ].flatMap { $0 }

  private static let chosen: [Rule] = [
    .draws("models", "by an alias of the second", #""model":"other","size":"1024x1024""#) {
      try $0.plan.size.width == 1024 && $0.answer.json["model"] as? String == "second"
    },
    .draws("models", "by the id of the first", #""model":"epithre-iris""#) {
      try $0.answer.json["model"] as? String == "epithre-iris"
    },
    .refuses("models", "beyond the limits of the first", #""size":"1024x1024""#, "size"),
    .refuses("models", "none of them", #""model":"third""#, "model", code: "model_not_found"),
  ]

  @Sendable private static func hasTwoModels(_ configuration: inout ServiceConfiguration) {
    var second = ModelConfiguration()
    (second.id, second.aliases) = ("second", ["other"])
    second.limits.side = 64...1024
    configuration.otherModels = [second]
  }

  private static let stored: [Rule] = [
    .draws("image_folder", "a URL in place of the image", #""response_format":"url""#) {
      let data = try $0.answer.json["data"] as? [[String: Any]]
      return (data?.first?["url"] as? String)?.hasPrefix("https://images.example/made/") == true
        && data?.first?["b64_json"] == nil
    },
    .draws("image_folder", "the image when absent", "") {
      try ($0.answer.json["data"] as? [[String: Any]])?.first?["b64_json"] != nil
    },
    .refuses(
      "image_folder", "in a stream", #""response_format":"url","stream":true"#, "response_format"),
    .refuses("image_folder", "another word", #""response_format":"file""#, "response_format"),
  ]

  private static func encodes(_ format: OutputFormat, _ quality: Int) -> Rule.Holds {
    {
      try $0.plan.encoding == ImageEncoding(format, quality: quality)
        && $0.answer.json["output_format"] as? String == format.rawValue
    }
  }

  private static let image = #""image":"\#(EditRules.base64Image)""#

  /// A picture of 64x64 that is transparent in its left half, in base64.
  private static let mask = Data((try? TestImage.mask(width: 64, height: 64)) ?? [])
    .base64EncodedString()

  /// Repaints the left half.
  private static let repaintsLeft: Rule.Holds = { drawing in
    guard let mask = drawing.plan.request.mask else { return false }
    return (mask.width, mask.height) == (64, 64) && mask.pixels[0] == 255
      && mask.pixels[63 * 3] == 0
  }

  private static let masked: [Rule] = [
    .edits("masks", "in base64", image + #","mask":"\#(mask)""#, where: repaintsLeft),
    .edits(
      "masks", "in OpenAI's form",
      image + #","mask":{"image_url":"data:image/png;base64,\#(mask)"}"#, where: repaintsLeft),
    .forms("masks", "as a file", where: repaintsLeft) {
      try [EditRules.file(), .file("mask", TestImage.mask(width: 64, height: 64))]
    },
    .forms("masks", "in base64 in a form", where: repaintsLeft) {
      try [EditRules.file(), .text("mask", mask)]
    },
    .edits("masks", "null and nothing are none", image + #","mask":null"#) {
      $0.plan.request.mask == nil
    },
    .edits("masks", "an empty string is none", image + #","mask":"""#) {
      $0.plan.request.mask == nil
    },
    .edits(
      "masks", "of the first of several images",
      #""images":["\#(EditRules.base64Image)","\#(EditRules.base64(width: 128, height: 64))"],"#
        + #""mask":"\#(mask)","strength":0.5"#
    ) { $0.plan.request.source?.width == 64 && $0.plan.request.strength == 0.5 },
    .edits(
      "masks", "one that repaints nothing is warned of",
      image + #","mask":"\#(black)""#, where: WarningRules.codes("mask_uniform")),
    .refusesEdit(
      "masks", "of another size",
      #""image":"\#(EditRules.base64(width: 128, height: 64))","mask":"\#(mask)""#, "mask"),
    .refusesEdit(
      "masks", "no image", image + #","mask":"aGVsbG8=""#, "mask",
      code: "unsupported_image_format"),
    .refusesEdit("masks", "a URL", image + #","mask":"https://example.org/m.png""#, "mask"),
    .refusesEdit("masks", "a number", image + #","mask":1"#, "mask"),
    .refuses("masks", "of a generation", #""mask":"\#(mask)""#, "mask"),
  ]

  private static let black = Data(
    (try? PNGEncoder.encode(
      Raster(width: 64, height: 64, pixels: [UInt8](repeating: 0, count: 64 * 64 * 3)))) ?? []
  ).base64EncodedString()

  private static let negated: [Rule] = [
    .draws(
      "negative_prompts", "with guidance", #""negative_prompt":"blur","guidance_scale":3"#
    ) { $0.plan.request.negativePrompt == "blur" },
    .draws(
      "negative_prompts", "without guidance it is warned of", #""negative_prompt":"blur""#,
      where: WarningRules.codes("negative_prompt_unused")),
    .draws("negative_prompts", "null is none", #""negative_prompt":null,"guidance_scale":3"#) {
      $0.plan.request.negativePrompt.isEmpty
    },
    .draws(
      "negative_prompts", "nothing is none", #""negative_prompt":"""#, where: WarningRules.codes()),
    .draws("negative_prompts", "2000 code points", #""negative_prompt":"\#(words(2000))""#),
    .refuses(
      "negative_prompts", "2001 code points", #""negative_prompt":"\#(words(2001))""#,
      "negative_prompt"),
    .refuses("negative_prompts", "NUL", #""negative_prompt":"a\u0000b""#, "negative_prompt"),
    .refuses("negative_prompts", "a list", #""negative_prompt":["a"]"#, "negative_prompt"),
  ]

  private static func words(_ count: Int) -> String { String(repeating: "é", count: count) }

  /// Seeds that follow one another, in the answer's order.
  private static func has(_ count: Int) -> Rule.Holds {
    { drawing in
      let data = try drawing.answer.json["data"] as? [[String: Any]]
      let first = Int(clamping: drawing.plan.request.seed)
      return data?.compactMap { $0["seed"] as? Int } == (0..<count).map { first + $0 }
    }
  }

  private static let counted: [Rule] = [
    .draws("images_per_request", "one when absent", "", where: has(1)),
    .draws("images_per_request", "one", #""n":1"#, where: has(1)),
    .draws("images_per_request", "as many as are allowed", #""n":4,"seed":7"#, where: has(4)),
    .draws("images_per_request", "of a random seed", #""n":3"#, where: has(3)),
    .draws(
      "images_per_request", "up to the last seed", #""n":2,"seed":9007199254740990"#, where: has(2)),
    .forms("images_per_request", "in a form", where: has(2)) {
      try [EditRules.file(), .text("n", "2")]
    },
    .forms("images_per_request", "0 in a form means 1", where: has(1)) {
      try [EditRules.file(), .text("n", "0")]
    },
    .refuses("images_per_request", "more than are allowed", #""n":5"#, "n"),
    .refuses("images_per_request", "0", #""n":0"#, "n"),
    .refuses(
      "images_per_request", "beyond the last seed", #""n":2,"seed":9007199254740991"#, "seed"),
  ]

  private static let formats: [Rule] =
    [
      .draws("output_formats", "PNG when absent", "", where: encodes(.png, 100)),
      .draws(
        "output_formats", "JPEG, of the best quality when absent", #""output_format":"jpeg""#,
        where: encodes(.jpeg, 100)),
      .draws(
        "output_formats", "WebP of a quality", #""output_format":"webp","output_compression":35"#,
        where: encodes(.webp, 35)),
      .draws(
        "output_formats", "null means absent", #""output_format":null,"output_compression":null"#,
        where: encodes(.png, 100)),
      .draws(
        "output_formats", "a quality of a PNG is warned of", #""output_compression":35"#,
        where: WarningRules.codes("parameter_ignored")),
      .draws(
        "output_formats", "100 of a PNG asks for nothing", #""output_compression":100"#,
        where: WarningRules.codes()),
      .forms("output_formats", "a form's numbers are text", where: encodes(.jpeg, 7)) {
        try [EditRules.file(), .text("output_format", "jpeg"), .text("output_compression", "7")]
      },
      .refuses("output_formats", "101", #""output_compression":101"#, "output_compression"),
      .refuses("output_formats", "-1", #""output_compression":-1"#, "output_compression"),
      .refuses("output_formats", "text", #""output_compression":"35""#, "output_compression"),
      .refuses("output_formats", "GIF", #""output_format":"gif""#, "output_format"),
    ]

  private static let unlisted = Rule.refuses(
    "output_formats", "one that is not listed", #""output_format":"jpeg""#, "output_format")
}
