import Text

/// Parses a request's head from bytes as they arrive.
package struct HeadParser: Sendable {
  private typealias RequestLine = (
    method: Method, target: RequestTarget, version: RequestHead.Version
  )

  private let configuration: ServerConfiguration
  private var lines: LineReader
  private var requestLine: RequestLine?
  private var headers = Headers()

  /// A parser at the beginning of a head.
  package init(configuration: ServerConfiguration = ServerConfiguration()) {
    self.configuration = configuration
    lines = LineReader(
      limit: configuration.maxHeadBytes,
      overflow: HTTPError(.headTooLarge, "the head exceeds \(configuration.maxHeadBytes) bytes"))
  }

  /// Consumes bytes up to the head's end; returns nil if the input ends before.
  package mutating func consume(
    _ input: inout ArraySlice<UInt8>
  ) throws(HTTPError) -> RequestHead? {
    while let line = try lines.next(from: &input) {
      guard let requestLine else {
        requestLine = try parseRequestLine(line)
        continue
      }
      guard !line.isEmpty else {
        return try RequestHead(
          method: requestLine.method, target: requestLine.target, version: requestLine.version,
          headers: headers)
      }
      guard headers.fields.count < configuration.maxFieldCount else {
        throw HTTPError(
          .headTooLarge, "the head has more than \(configuration.maxFieldCount) fields")
      }
      headers.append(try Headers.Field(parsing: ByteString(line)))
    }
    return nil
  }

  /// `method SP target SP version`: one space each, and nothing else.
  private func parseRequestLine(_ line: [UInt8]) throws(HTTPError) -> RequestLine {
    let parts = line.split(separator: ASCII.space, omittingEmptySubsequences: false)
    guard parts.count == 3 else { throw .malformed("the request line does not have three parts") }
    guard (1...32).contains(parts[0].count), parts[0].allSatisfy(\.isTokenCharacter) else {
      throw .malformed("the method is not a token of at most 32 characters")
    }
    let version = try parseVersion(parts[2])
    guard parts[1].count <= configuration.maxTargetBytes else {
      throw HTTPError(.targetTooLong, "the target exceeds \(configuration.maxTargetBytes) bytes")
    }
    let method = Method(ByteString(parts[0]))
    return (method, try RequestTarget(parsing: ByteString(parts[1])), version)
  }

  private func parseVersion(_ bytes: ArraySlice<UInt8>) throws(HTTPError) -> RequestHead.Version {
    switch ByteString(bytes) {
    case "HTTP/1.1": return .http11
    case "HTTP/1.0": return .http10
    default:
      let digits = bytes.dropFirst(5)
      guard bytes.starts(with: "HTTP/".utf8), digits.count == 3, digits.first?.isDigit == true,
        digits.last?.isDigit == true, digits.dropFirst().first == UInt8(ascii: ".")
      else { throw .malformed("the request line does not end in an HTTP version") }
      throw HTTPError(.unsupportedVersion, "the versions spoken here are HTTP/1.1 and HTTP/1.0")
    }
  }
}

/// Splits bytes, as they arrive, into lines that end in CR LF.
///
/// A lone CR or LF and a NUL are refused: parsers disagree about them, which makes request smuggling
/// possible.
struct LineReader: Sendable {
  private let limit: Int
  private let overflow: HTTPError
  /// The bytes left of the limit.
  private var remaining: Int
  private var line: [UInt8] = []
  private var endsInCarriageReturn = false

  /// - Parameters:
  ///   - limit: The most bytes of all lines together, line ends included.
  ///   - overflow: The error to throw beyond it.
  init(limit: Int, overflow: HTTPError) {
    self.limit = limit
    self.overflow = overflow
    remaining = limit
  }

  /// Consumes bytes up to the end of the next line; returns nil if the input ends before.
  mutating func next(from input: inout ArraySlice<UInt8>) throws(HTTPError) -> [UInt8]? {
    while let byte = input.popFirst() {
      guard remaining > 0 else { throw overflow }
      remaining -= 1
      if endsInCarriageReturn {
        guard byte == ASCII.lineFeed else { throw .malformed("a CR is not followed by LF") }
        endsInCarriageReturn = false
        defer { line = [] }
        return line
      }
      switch byte {
      case ASCII.carriageReturn: endsInCarriageReturn = true
      case ASCII.lineFeed: throw .malformed("a LF does not follow a CR")
      case 0: throw .malformed("a line holds a NUL")
      default: line.append(byte)
      }
    }
    return nil
  }

  /// Resets the limit for a new set of lines.
  mutating func reset() { remaining = limit }
}
