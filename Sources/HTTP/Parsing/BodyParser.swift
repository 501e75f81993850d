import Text

/// Parses a request's body up to a limit, in the framing that its head declares.
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

  /// Consumes bytes up to the body's end; returns whether the end was reached.
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

  /// Returns the body without a copy and empties the parser.
  mutating func takeBody() -> [UInt8] {
    defer { body = [] }
    return body
  }
}

/// Parses a chunked body (RFC 9112 §7.1) from bytes as they arrive.
///
/// Extensions are accepted in their plainest form, `;name` or `;name=token`, and ignored, as are
/// well-formed trailer fields; quoted values and blanks, on which parsers disagree, are refused.
package struct ChunkedParser: Sendable {
  private enum State {
    case size
    case data(remaining: Int)
    case dataEnd
    case trailer
    case end
  }

  /// No known client sends a longer size line.
  private static let sizeLineBytes = 256
  private static let trailerBytes = 4096

  private var state = State.size
  private var sizeLine = LineReader(
    limit: Self.sizeLineBytes, overflow: .malformed("a chunk's size line is too long"))
  private var trailer = LineReader(
    limit: Self.trailerBytes, overflow: HTTPError(.headTooLarge, "the trailer is too long"))

  /// A parser at the beginning of a body.
  package init() {}

  /// Consumes bytes up to the body's end and appends the decoded bytes to `body`.
  /// - Returns: True if the end was reached.
  /// - Throws: `bodyTooLarge` as soon as a chunk's size would take the body over `limit`.
  package mutating func consume(
    _ input: inout ArraySlice<UInt8>, into body: inout [UInt8], limit: Int
  ) throws(HTTPError) -> Bool {
    while true {
      switch state {
      case .size:
        guard let line = try sizeLine.next(from: &input) else { return false }
        try beginChunk(line, bodyCount: body.count, limit: limit)
      case .data(let remaining):
        guard !input.isEmpty else { return false }
        let piece = input.prefix(remaining)
        body.append(contentsOf: piece)
        input = input.dropFirst(piece.count)
        state = piece.count == remaining ? .dataEnd : .data(remaining: remaining - piece.count)
      case .dataEnd:
        guard let line = try sizeLine.next(from: &input) else { return false }
        guard line.isEmpty else { throw .malformed("a chunk is longer than its size") }
        sizeLine.reset()
        state = .size
      case .trailer:
        guard let line = try trailer.next(from: &input) else { return false }
        if line.isEmpty { state = .end } else { _ = try Headers.Field(parsing: ByteString(line)) }
      case .end:
        return true
      }
    }
  }

  private mutating func beginChunk(
    _ line: [UInt8], bodyCount: Int, limit: Int
  ) throws(HTTPError) {
    let digits = line.prefix { $0.hexadecimalValue != nil }
    guard let size = Self.parseSize(digits) else { throw .malformed("a chunk has no valid size") }
    try Self.checkExtensions(line[digits.endIndex...])
    guard size <= limit - bodyCount else {
      throw HTTPError(.bodyTooLarge, "the body exceeds \(limit) bytes")
    }
    sizeLine.reset()
    state = size == 0 ? .trailer : .data(remaining: size)
  }

  /// Parses at most 15 hexadecimal digits, with which no sum here can overflow.
  private static func parseSize(_ digits: ArraySlice<UInt8>) -> Int? {
    guard (1...15).contains(digits.count) else { return nil }
    return Int(String(decoding: digits, as: UTF8.self), radix: 16)
  }

  private static func checkExtensions(_ text: ArraySlice<UInt8>) throws(HTTPError) {
    guard !text.isEmpty else { return }
    let parts = text.split(separator: UInt8(ascii: ";"), omittingEmptySubsequences: false)
    let areWellFormed = parts.dropFirst().allSatisfy { part in
      let sides = part.split(separator: UInt8(ascii: "="), omittingEmptySubsequences: false)
      return sides.count <= 2
        && sides.allSatisfy { !$0.isEmpty && $0.allSatisfy(\.isTokenCharacter) }
    }
    guard parts.first?.isEmpty == true, areWellFormed else {
      throw .malformed("a chunk's size is followed by something odd")
    }
  }
}
