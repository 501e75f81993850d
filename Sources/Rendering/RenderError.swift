/// An error in a request: its kind, the parameter, and the allowed values.
///
/// Messages are one line and contain neither the prompt nor pixels.
public struct RenderError: Error, Sendable, Equatable, CustomStringConvertible {
  /// The kinds of error.
  public enum Code: String, Sendable {
    /// A parameter's value is not allowed.
    case invalidRequest
    /// A reference image cannot be used.
    case invalidImage
    /// The registry of LoRAs is invalid.
    case invalidRegistry
    /// A golden, its files or the manifest are invalid.
    case invalidGolden
  }

  /// The kind of error.
  public let code: Code
  /// The invalid parameter; nil if the request is not the cause.
  public let parameter: RequestParameter?
  /// The problem and the allowed values.
  public let message: String

  /// Creates an error.
  public init(_ code: Code, of parameter: RequestParameter? = nil, _ message: String) {
    self.code = code
    self.parameter = parameter
    self.message = message
  }

  /// The message.
  public var description: String { message }
}
