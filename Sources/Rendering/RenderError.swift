/// Why a request cannot be rendered: the kind of fault, the parameter, and what is allowed.
///
/// Messages are one line and hold neither the prompt nor pixels.
public struct RenderError: Error, Sendable, Equatable, CustomStringConvertible {
  /// The kinds of fault a caller may tell apart.
  public enum Code: String, Sendable {
    /// A parameter's value is outside what is allowed.
    case invalidRequest
    /// A reference image cannot be used.
    case invalidImage
    /// The registry of LoRAs is not what it should be.
    case invalidRegistry
    /// A golden, its files or their manifest are not what they should be.
    case invalidGolden
  }

  /// The kind of fault.
  public let code: Code
  /// The parameter at fault; nil where the fault is not a request's.
  public let parameter: RequestParameter?
  /// The problem and the allowed values.
  public let message: String

  /// Describes a fault.
  public init(_ code: Code, of parameter: RequestParameter? = nil, _ message: String) {
    self.code = code
    self.parameter = parameter
    self.message = message
  }

  /// The message.
  public var description: String { message }
}
