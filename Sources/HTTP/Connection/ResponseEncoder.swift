internal import Text

/// Writes a response as bytes, framed for the request that it answers.
struct ResponseEncoder {
  private(set) var head: [UInt8] = []
  /// The body to send with the head; empty for streams and where none is allowed.
  private(set) var body: [UInt8] = []

  /// The end of a chunked body.
  static let lastChunk = Array("0\r\n\r\n".utf8)

  /// A body up to this size travels in the same buffer as its head.
  private static let inlineBytes = 16 << 10

  /// The fields that frame the message, which only the server may set.
  private static let ownFields: Set<ByteString> = [
    "connection", "content-length", "date", "keep-alive", "transfer-encoding",
  ]

  init(_ response: Response, to request: RequestHead?, closes: Bool, date: String) {
    head = Array("HTTP/1.1 \(response.status.code) \(response.status.reason)\r\n".utf8)
    append("date", ByteString(date))
    for field in response.headers.fields where !Self.ownFields.contains(field.name) {
      append(field.name, field.value)
    }
    if closes { append("connection", "close") }
    switch response.body {
    case .bytes(let bytes):
      if !response.status.forbidsBody { append("content-length", ByteString("\(bytes.count)")) }
      body = request?.method == .head || response.status.forbidsBody ? [] : bytes
    case .stream:
      if request?.version == .http11 { append("transfer-encoding", "chunked") }
    }
    head += [ASCII.carriageReturn, ASCII.lineFeed]
    if body.count <= Self.inlineBytes {
      head += body
      body = []
    }
  }

  /// Writes a field, unless it could end early and begin another: a value may echo a request.
  private mutating func append(_ name: ByteString, _ value: ByteString) {
    guard !name.isEmpty, name.allSatisfy(\.isTokenCharacter),
      value.allSatisfy(\.isFieldCharacter)
    else { return }
    head += name.bytes
    head += [UInt8(ascii: ":"), ASCII.space]
    head += value.bytes
    head += [ASCII.carriageReturn, ASCII.lineFeed]
  }

  /// One chunk.
  static func chunk(_ piece: [UInt8]) -> [UInt8] {
    var bytes = Array("\(String(piece.count, radix: 16))\r\n".utf8)
    bytes.reserveCapacity(bytes.count + piece.count + 2)
    bytes += piece
    bytes += [ASCII.carriageReturn, ASCII.lineFeed]
    return bytes
  }
}
