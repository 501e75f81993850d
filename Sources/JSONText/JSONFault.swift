public import Text

/// Why a JSON text was not read to its end.
public struct JSONFault: Error, Sendable, Equatable, CustomStringConvertible {
  /// The kinds of fault.
  public enum Kind: Sendable, Equatable {
    /// The text is not what RFC 8259 has, or what the caller asked for, or beyond the limits.
    case malformed
    /// An object has this name twice.
    case duplicate(ByteString)
    /// Nobody waits for the outcome any more.
    case cancelled
  }

  /// The kind of fault.
  public let kind: Kind
  /// What is wrong, without the place.
  public let problem: String
  /// The byte at which it was found.
  public let position: Int

  /// The problem and its place.
  public var description: String { "\(problem) at byte \(position)" }
}
