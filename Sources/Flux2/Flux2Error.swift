/// A failure to use a model, an adapter or a request: its kind, the file or field, and the evidence.
///
/// It carries names, numbers and limits, never a prompt and never pixels.
public struct Flux2Error: Error, Sendable, Equatable, CustomStringConvertible {
  /// The kinds of failure.
  public enum Code: String, Sendable {
    /// A configuration file is missing, malformed, or describes a model that cannot be run.
    case configuration
    /// A weight file is unusable or does not match the configuration.
    case weights
    /// The tokenizer is unusable or does not match the text encoder.
    case tokenizer
    /// A LoRA file is unusable or does not match the model.
    case adapter
    /// The numbers of a render became infinite or not a number.
    case overflow
    /// The request asks for something outside its limits.
    case request
  }

  /// The kind of failure.
  public let code: Code
  /// The file or the request's field at fault.
  public let subject: String
  /// The evidence: the value found and the values allowed.
  public let detail: String

  /// Describes a failure.
  public init(_ code: Code, _ subject: String, _ detail: String) {
    self.code = code
    self.subject = subject
    self.detail = detail
  }

  /// One line, `subject: detail`.
  public var description: String { "\(subject): \(detail)" }
}
