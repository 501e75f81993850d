/// An error in reading a weight file: its kind, the file and the details.
public struct WeightsError: Error, Sendable, Equatable, CustomStringConvertible {
  /// The kinds of failure.
  public enum Code: String, Sendable {
    /// The file is missing, is not a regular file, or cannot be mapped.
    case unreadable
    /// The file is not a well-formed safetensors file or index.
    case malformed
    /// The file is well-formed, but uses a format that this program does not support.
    case unsupported
    /// A tensor that the model needs is missing.
    case missingTensor
    /// A tensor's shape differs from the one in the configuration.
    case shapeMismatch
    /// The file contains tensors that the model does not use.
    case unusedTensors
    /// The file exists already or cannot be written.
    case unwritable
  }

  /// The kind of failure.
  public let code: Code
  /// The file or directory, as in `Checkpoint.name`.
  public let file: String
  /// The expected and the actual content.
  public let detail: String

  /// Creates an error.
  public init(_ code: Code, file: String, _ detail: String) {
    self.code = code
    self.file = file
    self.detail = detail
  }

  /// The file and the problem, in one line.
  public var description: String { "\(file): \(detail)" }
}
