import Accounts
import Flux2
import HTTP
import Imaging
import JSON
import Rendering
import Text

/// Encodes finished images, for responses and for events.
struct ImageResponse: Sendable {
  let job: RenderJob
  /// Where images lie whose URLs the answer has.
  let folder: ImageFolder?
  /// The time at which the request was read, in seconds since 1970.
  let createdAt: Int

  /// The values of fields that OpenAI's types require and that are always the same here.
  ///
  /// Its qualities are low, medium and high, without one for a model that has a single quality and
  /// without `auto` in responses; `medium` takes no side.
  static let (background, quality): (JSONValue, JSONValue) = ("opaque", "medium")

  private var plan: RenderPlan { job.render.plan }
  private var format: JSONValue { .string(plan.encoding.format.rawValue) }
  private var size: JSONValue { .string("\(plan.size)") }

  private func seed(ofImage index: Int) -> JSONValue {
    .integer(Int(clamping: plan.seed(ofImage: index)))
  }

  private var warnings: JSONValue { .array(job.warnings.map(\.json)) }

  /// The tokens that are accounted for: those of the prompt and of the references once, those of images
  /// for each.
  private func usage(imageCount: Int) -> JSONValue {
    let promptTokens = job.render.promptTokenCount
    let input = promptTokens + plan.referenceTokens
    let output = plan.outputTokens * imageCount
    return [
      "input_tokens": .integer(input),
      "input_tokens_details": [
        "text_tokens": .integer(promptTokens),
        "image_tokens": .integer(plan.referenceTokens),
      ],
      "output_tokens": .integer(output),
      "output_tokens_details": ["text_tokens": 0, "image_tokens": .integer(output)],
      "total_tokens": .integer(input + output),
    ]
  }

  /// Returns the whole answer, as it is given now and to whoever asks again: the document, or of a stream
  /// its last events.
  /// - Throws: `APIError` if the images are to be stored, and cannot be.
  func stored(_ files: [[UInt8]], as id: String) async throws -> StoredAnswer {
    guard job.delivery.isStreamed else {
      return StoredAnswer(
        request: id, status: 200, contentType: "application/json",
        body: answer(try await images(files)).bytes())
    }
    return StoredAnswer(
      request: id, status: 200, contentType: "\(EventStream.contentType)",
      body: files.indices.flatMap {
        EventStream.encode(event: type("completed"), data: completed(files[$0], image: $0).text())
      })
  }

  /// Returns the images as members of a response, storing them if their URLs are asked for.
  private func images(_ files: [[UInt8]]) async throws -> [(String, JSONValue)] {
    guard job.delivery.hasURLs, let folder else {
      return files.map { (ResponseFormat.base64.rawValue, Self.base64($0)) }
    }
    var urls: [(String, JSONValue)] = []
    for file in files {
      let url = try await folder.publish(file, plan.encoding.format)
      urls.append((ResponseFormat.url.rawValue, .string(url)))
    }
    return urls
  }

  /// Returns the body of a response.
  private func answer(_ images: [(String, JSONValue)]) -> JSONValue {
    let data = images.enumerated().map { index, image in
      JSONValue.object([image, ("seed", seed(ofImage: index))])
    }
    return [
      "created": .integer(createdAt), "background": Self.background, "data": .array(data),
      "model": .string(job.model.id), "output_format": format, "quality": Self.quality,
      "size": size,
      "usage": usage(imageCount: images.count), "warnings": warnings,
    ]
  }

  /// Returns the data of an event that ends an image of a stream.
  func completed(_ file: [UInt8], image: Int) -> JSONValue {
    .object(
      common("completed", file, image) + [
        ("seed", seed(ofImage: image)), ("usage", usage(imageCount: 1)), ("warnings", warnings),
      ])
  }

  /// Returns the data of an event with a preview.
  func partial(_ file: [UInt8], index: Int, ofImage image: Int) -> JSONValue {
    .object(common("partial_image", file, image) + [("partial_image_index", .integer(index))])
  }

  /// Returns the type of an event.
  func type(_ kind: String) -> String { "\(job.endpoint.eventPrefix).\(kind)" }

  private static func base64(_ file: [UInt8]) -> JSONValue {
    .string(ByteString(Base64.encode(file)))
  }

  private func common(_ kind: String, _ file: [UInt8], _ image: Int) -> [(String, JSONValue)] {
    // Where there is one image, as OpenAI's events have it.
    (plan.imageCount == 1 ? [] : [("image_index", .integer(image))]) + [
      ("type", .string(type(kind))), ("b64_json", Self.base64(file)),
      ("created_at", .integer(createdAt)), ("size", size), ("quality", Self.quality),
      ("background", Self.background), ("output_format", format),
    ]
  }
}
