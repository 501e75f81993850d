/// Why a tokenizer could not be loaded: what kind of fault, in which file, and the evidence.
public struct TokenizationError: Error, Sendable, Equatable, CustomStringConvertible {
  /// The kinds of fault a tokenizer directory can have.
  public enum Code: String, Sendable {
    /// A file is missing, too large or cannot be read.
    case unreadable
    /// A file is not the JSON or the text it should be.
    case malformed
    /// The files contradict each other, for example a merge whose result is not in the vocabulary.
    case inconsistent
    /// The files ask for a tokenizer of another kind than byte-level BPE.
    case unsupported
  }

  /// The kind of fault.
  public let code: Code
  /// The file (or directory) at fault.
  public let file: String
  /// What was found, and what was expected.
  public let detail: String

  /// One line that names the file and the fault.
  public var description: String { "\(file): \(detail)" }
}
