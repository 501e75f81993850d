import Imaging
import Rendering
import Text

/// The parameters of a request, before its images are decoded.
struct ImagePayload: Sendable {
  /// The request, without its images.
  private(set) var request: RenderRequest
  /// The form of the response.
  let delivery: RenderJob.Delivery
  /// The images, in order.
  let images: [EncodedImage]
  /// The field in which the images came.
  let imageParameter: String
  /// The mask of the first image.
  let mask: EncodedImage?

  /// Puts checked values together.
  /// - Parameter warnings: Warnings about parameters without effect.
  init(
    _ values: [String: FieldValue], endpoint: Endpoint, limits: RenderLimits,
    warnings: [RenderWarning] = []
  ) throws(APIError) {
    let values = ValueMap(values)
    (images, imageParameter) = try Self.images(values, endpoint)
    mask = values.images(.mask)?.first
    delivery = RenderJob.Delivery(
      isStreamed: values.boolean(.stream) ?? false,
      partialImageCount: values.integer(.partialImages) ?? 0,
      hasURLs: values.word(.responseFormat) == ResponseFormat.url.rawValue)
    guard !delivery.hasURLs || !delivery.isStreamed else {
      throw .invalid(
        .responseFormat, "response_format is url, but the events of a stream hold images")
    }
    request = RenderRequest(prompt: try Self.prompt(values, limits))
    request.size = try Self.size(values, limits, isEdit: endpoint == .edits)
    request.stepCount = try Self.stepCount(values) ?? request.stepCount
    request.guidanceScale = values.number(.guidanceScale) ?? request.guidanceScale
    request.seed = values.integer(.seed).flatMap { UInt64(exactly: $0) }
    request.lora = values.word(.lora).map { .name($0) } ?? request.lora
    request.loraStrength = values.number(.loraStrength)
    request.loras = values.loras(.loras) ?? []
    request.strength = values.number(.strength) ?? request.strength
    request.editMode = values.word(.editMode).flatMap { EditMode(rawValue: $0) }
    request.negativePrompt = try Self.negativePrompt(values)
    request.imageCount = values.integer(.imageCount) ?? request.imageCount
    request.outputFormat =
      values.word(.outputFormat).flatMap { OutputFormat(rawValue: $0) } ?? request.outputFormat
    request.outputQuality = values.integer(.outputCompression)
    request.warnings = warnings
  }

  /// Checks the prompt before any image is decoded.
  private static func prompt(
    _ values: ValueMap, _ limits: RenderLimits
  ) throws(APIError) -> String {
    do {
      return try RenderRequest.checkedPrompt(values.text(.prompt) ?? "", under: limits)
    } catch {
      throw .invalid(.prompt, error.message)
    }
  }

  private static func negativePrompt(_ values: ValueMap) throws(APIError) -> String? {
    guard let text = values.text(.negativePrompt) else { return nil }
    do {
      return try RenderRequest.checkedNegativePrompt(text)
    } catch {
      throw .invalid(.negativePrompt, error.message)
    }
  }

  private static func size(
    _ values: ValueMap, _ limits: RenderLimits, isEdit: Bool
  ) throws(APIError) -> PixelSize? {
    guard let text = values.text(.size), !text.isEmpty, text != "auto" else { return nil }
    guard let size = text.string(limit: ByteString.nameLimit).flatMap({ PixelSize($0) }),
      limits.fitted(size, isEdit: isEdit) != nil
    else {
      throw .invalid(
        .size,
        "size must be auto or WIDTHxHEIGHT, and \(limits.allowedSizes(isEdit: isEdit))")
    }
    return size
  }

  private static func stepCount(_ values: ValueMap) throws(APIError) -> Int? {
    let names = [RequestParameter.stepCount.name] + RequestParameter.stepCount.aliases
    let given = names.compactMap { values.integer(named: $0) }
    guard Set(given).count <= 1 else {
      throw .invalid(
        names[names.count - 1], "\(names.joined(separator: " and ")) differ; give one of them")
    }
    return given.first
  }

  private static func images(
    _ values: ValueMap, _ endpoint: Endpoint
  ) throws(APIError) -> ([EncodedImage], String) {
    guard endpoint == .edits else { return ([], RequestParameter.image.name) }
    let single = values.images(.image)
    let several = values.images(.images)
    guard single == nil || several == nil else {
      throw .invalid(.images, "image and images exclude each other")
    }
    guard let images = single ?? several else {
      throw .invalid(.image, "an edit needs image or images")
    }
    let parameter = single == nil ? RequestParameter.images : .image
    let counts = RequestParameter.referenceCounts
    guard counts.contains(images.count) else {
      throw .invalid(
        parameter,
        "\(images.count) images are given; allowed are \(RequestParameter.text(counts))")
    }
    return (images, parameter.name)
  }
}

extension APIError {
  /// A parameter's value is not what is allowed.
  fileprivate static func invalid(_ parameter: RequestParameter, _ message: String) -> APIError {
    .invalid(parameter.name, message)
  }
}

/// Values by name and type; the table has made sure that each has the type of its field.
private struct ValueMap {
  private let values: [String: FieldValue]

  init(_ values: [String: FieldValue]) { self.values = values }

  func text(_ parameter: RequestParameter) -> ByteString? {
    if case .text(let text) = values[parameter.name] { text } else { nil }
  }

  /// The value of a choice, which the table has made sure of.
  func word(_ parameter: RequestParameter) -> String? {
    text(parameter)?.string(limit: ByteString.nameLimit)
  }

  func integer(_ parameter: RequestParameter) -> Int? { integer(named: parameter.name) }

  func integer(named name: String) -> Int? {
    if case .integer(let integer) = values[name] { integer } else { nil }
  }

  func number(_ parameter: RequestParameter) -> Double? {
    if case .number(let number) = values[parameter.name] { number } else { nil }
  }

  func boolean(_ parameter: RequestParameter) -> Bool? {
    if case .boolean(let boolean) = values[parameter.name] { boolean } else { nil }
  }

  func loras(_ parameter: RequestParameter) -> [RequestedLoRA]? {
    if case .loras(let loras) = values[parameter.name] { loras } else { nil }
  }

  func images(_ parameter: RequestParameter) -> [EncodedImage]? {
    if case .images(let images) = values[parameter.name] { images } else { nil }
  }
}
