package import Text

/// Server-sent events over a streamed body.
///
/// It writes no `id` and no `retry` lines: the official Python client breaks on them.
public struct EventStream: Sendable {
  /// The type of a body of events.
  package static let contentType: ByteString = "text/event-stream; charset=utf-8"

  private let writer: BodyWriter

  init(_ writer: BodyWriter) { self.writer = writer }

  /// Sends an event; every line of `data` becomes a line of its own.
  public func send(event: String, data: String) async throws {
    try await writer.write(Self.encode(event: event, data: data))
  }

  /// Sends a comment, which clients skip; it keeps the connection alive.
  public func send(comment: String) async throws {
    try await writer.write(Self.encode(comment: comment))
  }

  /// Sends an event that was encoded before.
  package func send(encoded event: [UInt8]) async throws { try await writer.write(event) }

  package static func encode(event: String, data: String) -> [UInt8] {
    let lines = lines(of: data).map { "data: \($0)\n" }.joined()
    return Array("event: \(oneLine(event))\n\(lines)\n".utf8)
  }

  package static func encode(comment: String) -> [UInt8] {
    Array(": \(oneLine(comment))\n\n".utf8)
  }

  /// Splits text into lines, which CR, LF or CR LF ends in an event stream (WHATWG HTML §9.2.6).
  private static func lines(of text: String) -> [Substring] {
    var lines: [Substring] = []
    var start = text.startIndex
    var index = start
    while let end = text.utf8[index...].firstIndex(where: {
      $0 == ASCII.lineFeed || $0 == ASCII.carriageReturn
    }) {
      lines.append(text[start..<end])
      let next = text.utf8.index(after: end)
      let isPair =
        text.utf8[end] == ASCII.carriageReturn && text.utf8[next...].first == ASCII.lineFeed
      start = isPair ? text.utf8.index(after: next) : next
      index = start
    }
    return lines + [text[start...]]
  }

  private static func oneLine(_ text: String) -> String {
    lines(of: text).joined(separator: " ")
  }
}

extension EventStream {
  /// The fields of a response with events.
  package static let headers: Headers = {
    var headers: Headers = ["cache-control": "no-store", "x-accel-buffering": "no"]
    headers["content-type"] = contentType
    return headers
  }()
}

extension Response {
  /// A stream of events, with a header that asks proxies not to buffer it.
  public static func events(
    _ produce: @escaping @Sendable (EventStream) async throws -> Void
  ) -> Response {
    Response(
      .ok, headers: EventStream.headers,
      body: .stream { writer in try await produce(EventStream(writer)) })
  }
}
