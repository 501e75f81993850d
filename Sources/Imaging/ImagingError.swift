/// An error in reading or writing an image file.
public struct ImagingError: Error, Sendable, Equatable, CustomStringConvertible {
  /// The kinds of failure.
  public enum Code: String, Sendable {
    /// The file is not in a supported format.
    case unsupportedFormat
    /// The file size, sides, pixels, scans or texts exceed a limit.
    case tooLarge
    /// The file is truncated or corrupt.
    case invalid
    /// A text cannot be stored in the file.
    case invalidText
    /// The encoder failed for a reason other than its input.
    case encodingFailed
  }

  /// The kind of failure.
  public let code: Code
  /// The problem and the allowed values; never contains the image's bytes.
  public let message: String

  init(_ code: Code, _ message: String) {
    self.code = code
    self.message = message
  }

  /// The message.
  public var description: String { message }
}
