import API
import Rendering

/// The rules of the contract about the settings for clients that cannot be told otherwise, with both of
/// their values.
enum ClientRules {
  static let all = [aliased, nameless, large, larger, edited].flatMap { $0 }

  /// The plan that is rendered, the size in the response, and the codes of its warnings.
  private static func size(_ expected: String, _ codes: String...) -> Rule.Holds {
    { drawing in
      let answer = try drawing.answer.json
      let warnings = answer["warnings"] as? [[String: String]]
      return "\(drawing.plan.size)" == expected && answer["size"] as? String == expected
        && warnings?.map { $0["code"] } == codes
    }
  }

  private static let isServed: Rule.Holds = {
    try $0.answer.json["model"] as? String == "epithre-iris"
  }

  private static let aliased: [Rule] =
    ["dall-e-3", "gpt-image-1", "epithre-iris"].map {
      .draws("model", "\($0), which is an alias or the id", #""model":"\#($0)""#, where: isServed)
        .when { $0.model.aliases = ["dall-e-3", "gpt-image-1"] }
    } + [
      .refuses("model", "no alias", #""model":"dall-e-2""#, "model", code: "model_not_found")
        .when { $0.model.aliases = ["dall-e-3"] },
      .refuses(
        "model", "an alias in capitals", #""model":"DALL-E-3""#, "model", code: "model_not_found"
      )
      .when { $0.model.aliases = ["dall-e-3"] },
      .refuses("model", "null beside aliases", #""model":null"#, "model")
        .when { $0.model.aliases = ["dall-e-3"] },
      .edits(
        "model", "an alias for an edit", #""model":"dall-e-2","image":"\#(EditRules.base64Image)""#
      ) { try isServed($0) }
      .when { $0.model.aliases = ["dall-e-2"] },
    ]

  private static let withoutModel = ContractRequest(path: TestSite.generations) {
    Array(#"{"prompt":"a red fox"}"#.utf8)
  }

  private static let formWithoutModel = ContractRequest(
    path: TestSite.edits, contentType: TestForm([]).contentType
  ) { TestForm(try [.text("prompt", "a red fox"), EditRules.file()]).body }

  private static let nameless: [Rule] =
    [withoutModel, formWithoutModel].flatMap { request -> [Rule] in
      let served = Rule(
        row: "model", name: "left out, where it is optional", request: request,
        outcome: .draws(isServed))
      return [
        served.when { $0.isModelOptional = true },
        Rule(
          row: "model", name: "left out, where it is required", request: request,
          outcome: .refuses(400, "invalid_request_error", parameter: "model")),
      ]
    } + [
      .draws("model", "null, where it is optional", #""model":null"#, where: isServed)
        .when { $0.isModelOptional = true },
      .draws("model", "empty, where it is optional", #""model":"""#, where: isServed)
        .when { $0.isModelOptional = true },
      .refuses(
        "model", "another, where it is optional", #""model":"dall-e-3""#, "model",
        code: "model_not_found"
      ).when { $0.isModelOptional = true },
    ]

  private static let large: [Rule] =
    [
      ("1024x1024", "960x960"), ("1536x1024", "960x640"), ("1024x1792", "544x960"),
      ("961x64", "960x64"), ("99999x99999", "960x960"), ("99999x64", "960x64"),
    ].flatMap { (asked: String, scaled: String) -> [Rule] in
      let members = #""size":"\#(asked)""#
      return [
        .draws(
          "size", "\(asked), where it is scaled", members, where: size(scaled, "size_scaled")
        ).when { $0.model.limits.oversize = .scale },
        .refuses("size", "\(asked), where it is refused", members, "size"),
      ]
    } + [
      .draws("size", "the largest needs no scaling", #""size":"960x960""#, where: size("960x960"))
        .when { $0.model.limits.oversize = .scale },
      .draws(
        "size", "what is rounded is not scaled", #""size":"767x767""#,
        where: size("752x752", "size_rounded")
      ).when { $0.model.limits.oversize = .scale },
      .refuses("size", "a side of 63 beside a long one", #""size":"63x2000""#, "size")
        .when { $0.model.limits.oversize = .scale },
      .refuses("size", "no size, where large ones are scaled", #""size":"big""#, "size")
        .when { $0.model.limits.oversize = .scale },
    ]

  private static func allow(_ side: Int) -> @Sendable (inout ServiceConfiguration) -> Void {
    { $0.model.limits.side = 64...side }
  }

  private static let larger: [Rule] = [
    .draws("size", "1024, where that is allowed", #""size":"1024x1024""#, where: size("1024x1024"))
      .when(allow(1024)),
    .refuses("size", "1025, where 1024 is allowed", #""size":"1025x64""#, "size")
      .when(allow(1024)),
    .draws("size", "768 when absent, where 1024 is allowed", "", where: size("768x768"))
      .when(allow(1024)),
    .draws("size", "512 when absent, where no more is allowed", "", where: size("512x512"))
      .when(allow(512)),
    .draws(
      "size", "512 for auto, where no more is allowed", #""size":"auto""#, where: size("512x512")
    )
    .when(allow(512)),
    .refuses("size", "513, where 512 is allowed", #""size":"513x64""#, "size").when(allow(512)),
  ]

  private static func allowEdits(
    _ side: Int, _ oversize: RenderLimits.Oversize = .refuse
  ) -> @Sendable (inout ServiceConfiguration) -> Void {
    {
      $0.model.limits.editSide = 64...side
      $0.model.limits.ownEditSide = side
      $0.model.limits.oversize = oversize
    }
  }

  private static let image = #""image":"\#(EditRules.base64(width: 1024, height: 768))""#

  private static let edited: [Rule] = [
    .refusesEdit("size", "1024 of an edit", image + #","size":"1024x768""#, "size"),
    .edits(
      "size", "1024 of an edit, where it is scaled", image + #","size":"1024x768""#,
      where: size("704x528", "size_scaled")
    ).when { $0.model.limits.oversize = .scale },
    .edits(
      "size", "1024 of an edit, where that is allowed", image + #","size":"1024x768""#,
      where: size("1024x768")
    ).when(allowEdits(1024)),
    .edits("size", "that of the image, where 1024 is allowed", image, where: size("1024x768"))
      .when(allowEdits(1024)),
    .edits("size", "that of the image, where 512 is allowed", image, where: size("512x384"))
      .when(allowEdits(512)),
    .edits(
      "size", "the size of a generation, of an edit", image + #","size":"960x720""#,
      where: size("512x384", "size_scaled")
    ).when(allowEdits(512, .scale)),
  ]
}
