import Hashing
import Imaging
import JSON
import Rendering

/// Tells equal requests from others: SHA-256 over what was decoded, since the bytes of a form differ with
/// every attempt.
///
/// A field that is left out is not told from one that is null; a random seed equals a random seed.
enum RequestFingerprint {
  /// Returns the fingerprint of a request.
  /// - Parameters:
  ///   - model: The name of the model; nil for the first one, of which nothing was said before there were others.
  ///   - images: The hashes of the images' files, in order, and last that of the mask.
  static func of(
    _ payload: ImagePayload, at endpoint: Endpoint, model: String?, images: [SHA256Digest]
  ) -> SHA256Digest {
    let request = payload.request
    let members: [JSONValue] = [
      .string(endpoint.rawValue), .string(request.prompt),
      .optional(request.size.map { "\($0)" }), .optional(request.stepCount),
      .optional(request.guidanceScale), .optional(request.seed.map { Int(clamping: $0) }),
      .optional(request.strength), .string(request.lora.text), .optional(request.loraStrength),
      .boolean(payload.delivery.isStreamed), .integer(payload.delivery.partialImageCount),
      .array(images.map { .string($0.hexadecimal) }),
    ]
    let widened = JSONValue.object(present: [
      (RequestParameter.model.name, model.map { .string($0) }),
      (
        RequestParameter.imageCount.name,
        request.imageCount == 1 ? nil : .integer(request.imageCount)
      ),
      (
        RequestParameter.outputFormat.name,
        request.outputFormat == .png ? nil : .string(request.outputFormat.rawValue)
      ),
      (
        RequestParameter.responseFormat.name,
        payload.delivery.hasURLs ? .string(ResponseFormat.url.rawValue) : nil
      ),
      (RequestParameter.outputCompression.name, request.outputQuality.map { .integer($0) }),
      (RequestParameter.editMode.name, request.editMode.map { .string($0.rawValue) }),
      (RequestParameter.negativePrompt.name, request.negativePrompt.map { .string($0) }),
      // The last one of the images.
      (RequestParameter.mask.name, payload.mask == nil ? nil : true),
    ])
    // Added only where there are any, so that other requests keep the fingerprints that they had.
    return SHA256.hash(
      JSONValue.array(members + loras(of: request) + (widened == [:] ? [] : [widened])).bytes())
  }
}

extension RequestFingerprint {
  /// The list of LoRAs, whose order has no effect; nothing where there is none, so that the fingerprints of
  /// such requests are those of versions without lists.
  private static func loras(of request: RenderRequest) -> [JSONValue] {
    guard !request.loras.isEmpty else { return [] }
    let loras = request.loras.sorted {
      $0.selection.text.utf8.lexicographicallyPrecedes($1.selection.text.utf8)
    }
    return [.array(loras.map { [.string($0.selection.text), .optional($0.strength)] })]
  }
}

extension LoRASelection {
  /// A name, or the path of a file, which no request can give.
  fileprivate var text: String {
    switch self {
    case .name(let name): name
    case .file(let path): path
    }
  }
}

extension JSONValue {
  fileprivate static func optional(_ text: String?) -> JSONValue {
    text.map { .string($0) } ?? .null
  }
  fileprivate static func optional(_ integer: Int?) -> JSONValue {
    integer.map { .integer($0) } ?? .null
  }
  fileprivate static func optional(_ number: Double?) -> JSONValue {
    number.map { .number($0) } ?? .null
  }
}
