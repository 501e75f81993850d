import Accounts
import FoundationEssentials
import HTTP
import JSON

/// Writes one line for each request.
///
/// Never keys, pixels or prompts; prompts only where `ServiceConfiguration.logsPrompts` says so.
public struct AccessLog: Sendable {
  /// The format of a line.
  public enum Format: String, Sendable, CaseIterable {
    /// A JSON object.
    case json
    /// `name=value` pairs.
    case text
  }

  private let format: Format
  private let write: @Sendable (String) -> Void

  /// Creates a log.
  /// - Parameters:
  ///   - format: The format of the lines.
  ///   - write: Writes a line, which has no line break; called on the event loop among others, so that it
  ///     must not block.
  public init(format: Format = .json, write: @escaping @Sendable (String) -> Void) {
    self.format = format
    self.write = write
  }

  /// Discards all lines.
  public static let off = AccessLog { _ in }

  /// Writes a line that concerns no request.
  func note(_ text: String) { write(text) }

  /// Writes the line of a finished request.
  func record(_ record: ExchangeRecord, _ facts: RequestContext.Facts, id: String) {
    let members = Self.members(record, facts, id: id).compactMap { name, value in
      value.map { (name, $0) }
    }
    switch format {
    case .json: write(JSONValue.object(members).text())
    case .text: write(members.map { "\($0)=\($1.text())" }.joined(separator: " "))
    }
  }

  private static func members(
    _ record: ExchangeRecord, _ facts: RequestContext.Facts, id: String
  ) -> [(String, JSONValue?)] {
    let elapsed = (record.finishedAt - record.startedAt) / .seconds(1)
    return [
      ("time", .string(Date().ISO8601Format())), ("id", .string(id)),
      ("client", (facts.client ?? record.remoteAddress).map { .string($0.description) }),
      ("method", record.head.map { .string("\($0.method.name)") }), ("route", .string(facts.route)),
      ("status", record.status.map { .integer($0.code) }),
      ("delivered", .boolean(record.isDelivered)), ("error", facts.errorCode.map { .string($0) }),
      ("detail", facts.errorDetail.map { .string($0) }), ("key", facts.keyID.map { .string($0) }),
      ("repeats", facts.repeatedID.map { .string($0) }),
      ("charge", facts.charge.map { .string($0.text) }),
      ("ms", milliseconds(elapsed)), ("read_ms", milliseconds(facts.readSeconds)),
      ("queue_ms", milliseconds(facts.queueSeconds)),
      ("render_ms", milliseconds(facts.renderSeconds)),
      ("bytes_in", .integer(record.requestBytes)), ("bytes_out", .integer(record.responseBytes)),
      ("model", facts.model.map { .string($0) }),
      ("size", facts.size.map { .string($0) }), ("steps", facts.stepCount.map { .integer($0) }),
      ("seed", facts.seed.map { .integer(Int(clamping: $0)) }),
      ("images", facts.referenceCount.map { .integer($0) }),
      ("n", facts.imageCount.map { .integer($0) }),
      ("stream", facts.isStreamed.map { .boolean($0) }),
      ("warnings", facts.warnings.map { .array($0.map { .string($0) }) }),
      ("prompt", facts.prompt.map { .string($0) }),
    ]
  }

  /// Rounds to tenths of a millisecond, which is the accuracy of the clock on a busy machine.
  private static func milliseconds(_ seconds: Double?) -> JSONValue? {
    seconds.map { .number(($0 * 10_000).rounded() / 10) }
  }
}
