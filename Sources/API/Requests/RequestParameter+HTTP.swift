package import Rendering

/// The parameters that only HTTP requests have, beside those of a render.
extension RequestParameter {
  /// Every parameter of both endpoints, in the order of the OpenAPI document.
  package static let http =
    [model] + all.filter { !$0.surfaces.isDisjoint(with: .http) } + delivered + unused
    + [background] + refused

  /// The model that renders.
  static let model = {
    var entry = RequestParameter("model", .model, in: .http, "The model that renders.")
    entry.role = .required
    return entry
  }()

  /// The delivery of the answer.
  private static let delivered = [responseFormat, stream, partialImages]

  /// The way in which the answer holds the image.
  static let responseFormat = RequestParameter(
    "response_format", .responseFormat, in: .http, default: .text(ResponseFormat.base64.rawValue),
    "The encoding of the image.")

  /// Asks for server-sent events.
  static let stream = RequestParameter(
    "stream", .boolean, in: .http, default: .boolean(false), "Answers with server-sent events.")

  /// Previews of a stream.
  static let partialImages = RequestParameter(
    "partial_images", .integer(0...3), in: .http, default: .integer(0),
    "Previews in a stream, as far as the steps allow.")

  /// Accepted for compatibility, with the words by which nothing is asked for.
  private static let unused =
    ["user", "safety_identifier", "moderation"].map { unused($0, idle: nil) }
    + [
      ("quality", ["auto", "standard"]), ("complexity", ["auto"]), ("style", []),
      ("input_fidelity", ["low"]),
    ].map { unused($0, idle: $1) }

  private static func unused(_ name: String, idle words: [String]?) -> RequestParameter {
    var entry = RequestParameter(
      name, .anything, in: .http, "Accepted, without effect\(words == nil ? "" : " but a warning")."
    )
    entry.role = .ignored(idleWords: words)
    return entry
  }

  private static let background = {
    var entry = RequestParameter(
      "background", .choice(["opaque", "auto"]), in: .http, default: .text("opaque"),
      "Always opaque.")
    entry.hint = "; transparency is not supported"
    return entry
  }()

  /// Parameters that would change the image and do not exist here; null and an empty value mean absent.
  private static let refused = [
    ("markup", "markup is not supported"),
    ("frame_count", "animations are not supported"),
    ("frame_duration_ms", "animations are not supported"), ("svg", "SVG is not supported"),
  ].map { name, reason in
    var entry = RequestParameter(name, .anything, in: .http, "Not supported; may be empty.")
    entry.role = .refused
    entry.hint = reason
    return entry
  }
}

/// The ways in which answers hold images.
enum ResponseFormat: String, CaseIterable {
  case base64 = "b64_json"
  /// Where there is a folder of images.
  case url
}
