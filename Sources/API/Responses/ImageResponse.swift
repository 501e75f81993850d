import Accounts
import Flux2
import HTTP
import JSON
import Rendering
import Text

/// Encodes a finished image, for responses and for events.
struct ImageResponse: Sendable {
  let job: RenderJob
  let modelID: String
  /// The time at which the request was read, in seconds since 1970.
  let createdAt: Int

  /// The values of fields that OpenAI's types require and that are always the same here.
  ///
  /// Its qualities are low, medium and high, without one for a model that has a single quality and
  /// without `auto` in responses; `medium` takes no side.
  static let (background, quality, format): (JSONValue, JSONValue, JSONValue) = (
    "opaque", "medium", "png"
  )

  private var plan: RenderPlan { job.render.plan }
  private var size: JSONValue { .string("\(plan.size)") }
  private var seed: JSONValue { .integer(Int(clamping: plan.request.seed)) }

  private var warnings: JSONValue { .array(job.warnings.map(\.json)) }

  /// The tokens that are accounted for.
  private var usage: JSONValue {
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

  /// Returns the whole answer, as it is given now and to whoever asks again: the document, or of a stream
  /// its last event.
  func stored(_ png: [UInt8], as id: String) -> StoredAnswer {
    guard job.delivery.isStreamed else {
      return StoredAnswer(
        request: id, status: 200, contentType: "application/json", body: answer(png).bytes())
    }
    return StoredAnswer(
      request: id, status: 200, contentType: "\(EventStream.contentType)",
      body: EventStream.encode(event: type("completed"), data: completed(png).text()))
  }

  /// Returns the body of a response.
  func answer(_ png: [UInt8]) -> JSONValue {
    [
      "created": .integer(createdAt), "background": Self.background,
      "data": [["b64_json": Self.base64(png), "seed": seed]], "model": .string(modelID),
      "output_format": Self.format, "quality": Self.quality, "size": size, "usage": usage,
      "warnings": warnings,
    ]
  }

  /// Returns the data of the event that ends a stream.
  func completed(_ png: [UInt8]) -> JSONValue {
    .object(common("completed", png) + [("seed", seed), ("usage", usage), ("warnings", warnings)])
  }

  /// Returns the data of an event with a preview.
  func partial(_ png: [UInt8], index: Int) -> JSONValue {
    .object(common("partial_image", png) + [("partial_image_index", .integer(index))])
  }

  /// Returns the type of an event.
  func type(_ kind: String) -> String { "\(job.endpoint.eventPrefix).\(kind)" }

  private static func base64(_ png: [UInt8]) -> JSONValue {
    .string(ByteString(Base64.encode(png)))
  }

  private func common(_ kind: String, _ png: [UInt8]) -> [(String, JSONValue)] {
    [
      ("type", .string(type(kind))), ("b64_json", Self.base64(png)),
      ("created_at", .integer(createdAt)), ("size", size), ("quality", Self.quality),
      ("background", Self.background), ("output_format", Self.format),
    ]
  }
}
