/// Why a file could not be read or written.
public struct ImagingError: Error, Sendable, Equatable, CustomStringConvertible {
  /// The kinds of failure that a caller may tell apart.
  public enum Code: String, Sendable {
    /// The bytes are none of the formats read here.
    case unsupportedFormat
    /// The file, its sides, its pixels, its scans or its texts are over a limit.
    case tooLarge
    /// The file is truncated or corrupt.
    case invalid
    /// A text cannot be stored in a PNG.
    case invalidText
    /// The encoder gave up; the input was not at fault.
    case encodingFailed
  }

  /// What kind of failure this is.
  public let code: Code
  /// What is wrong and what is allowed; never the image's own bytes.
  public let message: String

  init(_ code: Code, _ message: String) {
    self.code = code
    self.message = message
  }

  /// The message.
  public var description: String { message }
}
