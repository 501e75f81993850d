/// An error in loading a tokenizer: its kind, the file and the details.
public struct TokenizationError: Error, Sendable, Equatable, CustomStringConvertible {
  /// The kinds of fault a tokenizer directory can have.
  public enum Code: String, Sendable {
    /// A file is missing, too large or cannot be read.
    case unreadable
    /// A file is not valid JSON or text.
    case malformed
    /// The files contradict each other, for example a merge whose result is not in the vocabulary.
    case inconsistent
    /// The files describe a tokenizer other than byte-level BPE.
    case unsupported
  }

  /// The kind of fault.
  public let code: Code
  /// The file (or directory) at fault.
  public let file: String
  /// The expected and the actual content.
  public let detail: String

  /// One line that names the file and the fault.
  public var description: String { "\(file): \(detail)" }
}
