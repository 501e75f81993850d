/// Reads a request's body up to a limit, in whichever framing its head announced.
struct BodyParser: Sendable {
  private enum Source {
    case length(remaining: Int)
    case chunked(ChunkedParser)
  }

  private var source: Source
  private let limit: Int
  private(set) var body: [UInt8] = []

  init(framing: RequestHead.Framing, limit: Int) throws(HTTPError) {
    self.limit = limit
    switch framing {
    case .none: source = .length(remaining: 0)
    case .chunked: source = .chunked(ChunkedParser())
    case .length(let count):
      guard count <= limit else {
        throw HTTPError(.bodyTooLarge, "the body exceeds \(limit) bytes")
      }
      source = .length(remaining: count)
    }
  }

  /// Takes bytes up to the body's end; whether it was reached.
  mutating func consume(_ input: inout ArraySlice<UInt8>) throws(HTTPError) -> Bool {
    switch source {
    case .length(let remaining):
      let piece = input.prefix(remaining)
      body.append(contentsOf: piece)
      input = input.dropFirst(piece.count)
      source = .length(remaining: remaining - piece.count)
      return piece.count == remaining
    case .chunked(var parser):
      defer { source = .chunked(parser) }
      return try parser.consume(&input, into: &body, limit: limit)
    }
  }

  /// Hands over the body and keeps nothing.
  mutating func takeBody() -> [UInt8] {
    defer { body = [] }
    return body
  }
}
