/// Why a weight file cannot be used: a code, the file, and what was found in it.
public struct WeightsError: Error, Sendable, Equatable, CustomStringConvertible {
  /// The kinds of failure.
  public enum Code: String, Sendable {
    /// The file is missing, is no regular file, or the system refused to map it.
    case unreadable
    /// The bytes are no well-formed safetensors file or index.
    case malformed
    /// The file is well-formed, but written in a way this program does not compute with.
    case unsupported
    /// A tensor the model needs is absent.
    case missingTensor
    /// A tensor has another shape than the configuration asks for.
    case shapeMismatch
    /// The file holds tensors that the model has no place for.
    case unusedTensors
  }

  /// The kind of failure.
  public let code: Code
  /// The file or folder, as `Checkpoint.name` has it.
  public let file: String
  /// What was expected and what was found.
  public let detail: String

  /// Describes a failure.
  public init(_ code: Code, file: String, _ detail: String) {
    self.code = code
    self.file = file
    self.detail = detail
  }

  /// One line: the file and what is wrong with it.
  public var description: String { "\(file): \(detail)" }
}
