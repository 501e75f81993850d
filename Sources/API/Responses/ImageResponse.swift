internal import Rendering

/// Words a finished image, for answers and for events.
struct ImageResponse: Sendable {
  let job: RenderJob
  let modelID: String
  /// When the request was read, in seconds since 1970.
  let createdAt: Int

  /// What an image is, in the words of OpenAI's types.
  ///
  /// They have none for a single quality, and no `auto` in answers; this one takes no side.
  static let (background, quality, format): (JSON, JSON, JSON) = ("opaque", "medium", "png")

  private var plan: RenderPlan { job.render.plan }
  private var size: JSON { .string("\(plan.size)") }
  private var seed: JSON { .integer(Int(clamping: plan.seed)) }

  private var warnings: JSON { .array(job.warnings.map(\.json)) }

  /// What was used.
  private var usage: JSON {
    let promptTokens = job.render.promptTokenCount
    let input = promptTokens + plan.referenceTokens
    return [
      "input_tokens": .integer(input),
      "input_tokens_details": [
        "text_tokens": .integer(promptTokens),
        "image_tokens": .integer(plan.referenceTokens),
      ],
      "output_tokens": .integer(plan.outputTokens),
      "output_tokens_details": [
        "text_tokens": 0, "image_tokens": .integer(plan.outputTokens),
      ],
      "total_tokens": .integer(input + plan.outputTokens),
    ]
  }

  /// The body of an answer.
  func answer(_ png: [UInt8]) -> JSON {
    [
      "created": .integer(createdAt), "background": Self.background,
      "data": [["b64_json": .base64(png), "seed": seed]], "model": .string(modelID),
      "output_format": Self.format, "quality": Self.quality, "size": size, "usage": usage,
      "warnings": warnings,
    ]
  }

  /// The data of the event that ends a stream.
  func completed(_ png: [UInt8]) -> JSON {
    .object(common("completed", png) + [("seed", seed), ("usage", usage), ("warnings", warnings)])
  }

  /// The data of an event with a preview.
  func partial(_ png: [UInt8], index: Int) -> JSON {
    .object(common("partial_image", png) + [("partial_image_index", .integer(index))])
  }

  /// The type of an event.
  func type(_ kind: String) -> String { "\(job.endpoint.eventPrefix).\(kind)" }

  private func common(_ kind: String, _ png: [UInt8]) -> [(String, JSON)] {
    [
      ("type", .string(type(kind))), ("b64_json", .base64(png)),
      ("created_at", .integer(createdAt)), ("size", size), ("quality", Self.quality),
      ("background", Self.background), ("output_format", Self.format),
    ]
  }
}

extension RenderWarning {
  /// The warning as clients get it.
  var json: JSON { ["code": .string(code), "message": .string(message)] }
}
