/// The endpoints that render.
enum Endpoint: String, CaseIterable, Sendable {
  case generations
  case edits

  var path: String { "/v1/images/\(rawValue)" }

  /// What the types of its events begin with.
  var eventPrefix: String { self == .edits ? "image_edit" : "image_generation" }
}
