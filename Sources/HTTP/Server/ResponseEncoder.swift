import Glibc
import Text

/// Encodes a response as bytes, framed for the request that it answers.
struct ResponseEncoder {
  private(set) var head: [UInt8] = []
  /// The body to send after the head; empty if it is a stream, is not allowed or is part of `head`.
  private(set) var body: [UInt8] = []

  /// The last chunk of a body, of size zero.
  static let lastChunk = Array("0\r\n\r\n".utf8)

  /// A body up to this size is appended to the head, so that both go out in one write.
  private static let inlineBytes = 16 << 10

  /// The fields that only the server may set: those that frame the message, and its date.
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

  /// Appends a field, unless its value, which may echo a request, could end the line and inject another.
  private mutating func append(_ name: ByteString, _ value: ByteString) {
    guard !name.isEmpty, name.allSatisfy(\.isTokenCharacter),
      value.allSatisfy(\.isFieldCharacter)
    else { return }
    head += name.bytes
    head += [UInt8(ascii: ":"), ASCII.space]
    head += value.bytes
    head += [ASCII.carriageReturn, ASCII.lineFeed]
  }

  /// Encodes one chunk.
  static func chunk(_ piece: [UInt8]) -> [UInt8] {
    var bytes = Array("\(String(piece.count, radix: 16))\r\n".utf8)
    bytes.reserveCapacity(bytes.count + piece.count + 2)
    bytes += piece
    bytes += [ASCII.carriageReturn, ASCII.lineFeed]
    return bytes
  }
}

/// Formats the `Date` field's value (RFC 9110 §5.6.7) at most once a second.
struct DateCache {
  private static let days = ["Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"]
  private static let months = [
    "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec",
  ]

  private var second = time_t.min
  private var value = ""

  /// Returns the value for a time in seconds since 1970, by default now.
  mutating func text(at seconds: time_t = time(nil)) -> String {
    guard seconds != second else { return value }
    second = seconds
    var parts = unsafe tm()
    var input = seconds
    unsafe gmtime_r(&input, &parts)
    let day = unsafe Self.twoDigits(parts.tm_mday)
    let clock = unsafe [parts.tm_hour, parts.tm_min, parts.tm_sec].map(Self.twoDigits)
    let date = unsafe "\(day) \(Self.months[Int(parts.tm_mon)]) \(parts.tm_year + 1900)"
    value = unsafe "\(Self.days[Int(parts.tm_wday)]), \(date) \(clock.joined(separator: ":")) GMT"
    return value
  }

  private static func twoDigits(_ number: Int32) -> String {
    (number < 10 ? "0" : "") + "\(number)"
  }
}
