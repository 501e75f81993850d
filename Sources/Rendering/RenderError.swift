/// Why a request cannot be rendered: which kind of fault, which field, and what is allowed.
///
/// Messages are one line and hold neither the prompt nor pixels.
public struct RenderError: Error, Sendable, Equatable, CustomStringConvertible {
  /// The kinds of fault a caller may tell apart.
  public enum Code: String, Sendable {
    /// A field's value is outside what is allowed.
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
  /// The field at fault, in the spelling of the HTTP interface.
  public let field: String
  /// What is wrong and what is allowed.
  public let message: String

  /// Describes a fault.
  public init(_ code: Code, field: String, _ message: String) {
    self.code = code
    self.field = field
    self.message = message
  }

  /// The message.
  public var description: String { message }
}
