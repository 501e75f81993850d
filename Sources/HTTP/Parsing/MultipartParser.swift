public import Text

/// Parses a `multipart/form-data` body (RFC 7578) from bytes as they arrive.
///
/// The preamble before the first boundary and the epilogue after the last are skipped (RFC 2046
/// §5.1.1); blanks after a boundary, which no client sends, are refused.
public struct MultipartParser: Sendable {
  private enum State {
    case opening
    case afterBoundary
    case closing
    case partHead
    case partBody
    case epilogue
  }

  private let limits: MultipartLimits
  /// CR LF, two dashes and the boundary.
  ///
  /// The first byte occurs nowhere else in it, so a failed match can only restart at the byte that
  /// failed.
  private let delimiter: [UInt8]
  /// The bytes of the delimiter matched so far; a body may begin without its CR LF.
  private var matched = 2
  private var state = State.opening
  private var headLines: LineReader
  private var headFields = Headers()
  private var part = MultipartPart()
  private var partLimit = 0
  /// The two bytes after a boundary or after the last one.
  private var tail: [UInt8] = []
  private var parts: [MultipartPart] = []

  /// A parser for the body that a `Content-Type` value describes.
  /// - Throws: `malformed` unless it is `multipart/form-data` with a boundary of RFC 2046.
  public init(contentType: ByteString, limits: MultipartLimits = MultipartLimits())
    throws(HTTPError)
  {
    let type = try FieldParameters(parsing: contentType)
    guard type.value == "multipart/form-data", let boundary = type.parameters["boundary"] else {
      throw .malformed("the content type is not multipart/form-data with a boundary")
    }
    let isPlain = boundary.allSatisfy {
      $0.isDigit || $0.isLetter || "'()+_,-./:=? ".utf8.contains($0)
    }
    guard (1...70).contains(boundary.count), isPlain, boundary.last != ASCII.space else {
      throw .malformed("the boundary is not 1 to 70 plain characters")
    }
    self.limits = limits
    delimiter = Array("\r\n--".utf8) + boundary.bytes
    headLines = LineReader(
      limit: limits.partHeadBytes, overflow: .malformed("a part's head is too long"))
  }

  /// Takes the next bytes of the body.
  public mutating func feed(_ bytes: ArraySlice<UInt8>) throws(HTTPError) {
    var input = bytes
    while !input.isEmpty {
      switch state {
      case .opening: matchOpening(&input)
      case .afterBoundary: try takeAfterBoundary(&input)
      case .partHead: try takeHead(&input)
      case .partBody: try takeBody(&input)
      case .closing: try takeClosing(&input)
      case .epilogue: return
      }
    }
  }

  /// Returns the parts, once the whole body has been fed.
  public consuming func finish() throws(HTTPError) -> [MultipartPart] {
    switch state {
    case .closing where tail.isEmpty, .epilogue: return parts
    case .opening: throw .malformed("the body has no line that is the form's boundary")
    default: throw .malformed("the body ends before its last boundary")
    }
  }

  /// Skips the preamble: the first boundary is at the start of the body or after CR LF.
  private mutating func matchOpening(_ input: inout ArraySlice<UInt8>) {
    while let byte = input.first {
      if byte == delimiter[matched] {
        matched += 1
        input = input.dropFirst()
        guard matched == delimiter.count else { continue }
        state = .afterBoundary
        return
      }
      // As in `takeBody`, a failed match can only restart at the byte that failed.
      if matched == 0 { input = input.drop { $0 != ASCII.carriageReturn } } else { matched = 0 }
    }
  }

  private mutating func takeAfterBoundary(_ input: inout ArraySlice<UInt8>) throws(HTTPError) {
    if let byte = input.popFirst() { tail.append(byte) }
    guard tail.count == 2 else { return }
    if tail.elementsEqual("--".utf8) {
      state = .closing
    } else if tail == [ASCII.carriageReturn, ASCII.lineFeed] {
      guard parts.count < limits.partCount else {
        throw .malformed("the body has more than \(limits.partCount) parts")
      }
      headLines.reset()
      headFields = Headers()
      state = .partHead
    } else {
      throw .malformed("a boundary is not followed by CR LF")
    }
    tail = []
  }

  /// Consumes the end of the last boundary: nothing, or CR LF and an epilogue.
  private mutating func takeClosing(_ input: inout ArraySlice<UInt8>) throws(HTTPError) {
    if let byte = input.popFirst() { tail.append(byte) }
    let end = [ASCII.carriageReturn, ASCII.lineFeed]
    guard end.starts(with: tail) else { throw .malformed("something follows the last boundary") }
    if tail == end { state = .epilogue }
  }

  private mutating func takeHead(_ input: inout ArraySlice<UInt8>) throws(HTTPError) {
    while let line = try headLines.next(from: &input) {
      if line.isEmpty {
        part = try MultipartPart(head: headFields)
        partLimit = limits.byteCount(for: part)
        matched = 0
        state = .partBody
        return
      }
      headFields.append(try Headers.Field(parsing: ByteString(line)))
    }
  }

  private mutating func takeBody(_ input: inout ArraySlice<UInt8>) throws(HTTPError) {
    while let byte = input.first {
      if byte == delimiter[matched] {
        matched += 1
        input = input.dropFirst()
        guard matched == delimiter.count else { continue }
        parts.append(part)
        part = MultipartPart()
        state = .afterBoundary
        return
      }
      if matched > 0 {
        try append(delimiter[..<matched])
        matched = 0
        continue
      }
      let run = input.prefix { $0 != ASCII.carriageReturn }
      try append(run)
      input = input.dropFirst(run.count)
    }
  }

  private mutating func append(_ bytes: ArraySlice<UInt8>) throws(HTTPError) {
    guard bytes.count <= partLimit - part.body.count else {
      throw HTTPError(.partTooLarge(part: part.name), "a part exceeds \(partLimit) bytes")
    }
    part.body.append(contentsOf: bytes)
  }
}

/// One part of a form.
public struct MultipartPart: Equatable, Sendable {
  /// The field's name.
  public let name: ByteString
  /// The file name that the client gave; nil for a plain field.
  public let filename: ByteString?
  /// The content type that the client claims.
  public let contentType: ByteString?
  /// The part's bytes.
  public internal(set) var body: [UInt8] = []

  /// A part of a form.
  public init(
    name: ByteString, filename: ByteString? = nil, contentType: ByteString? = nil,
    body: [UInt8] = []
  ) {
    self.name = name
    self.filename = filename
    self.contentType = contentType
    self.body = body
  }

  init() { self.init(name: "") }

  /// Reads a part's name, file name and content type from its header fields.
  init(head: Headers) throws(HTTPError) {
    guard head.values(of: "content-disposition").count == 1,
      head.values(of: "content-type").count <= 1, let text = head["content-disposition"]
    else { throw .malformed("a part needs one Content-Disposition and at most one Content-Type") }
    let encoding = head["content-transfer-encoding"] ?? "binary"
    guard (["binary", "8bit", "7bit"] as [ByteString]).contains(encoding.asciiLowercase) else {
      throw .malformed("a part has a transfer encoding")
    }
    let disposition = try FieldParameters(parsing: text)
    guard disposition.value == "form-data", let name = disposition.parameters["name"] else {
      throw .malformed("a part is not form-data with a name")
    }
    let filename = disposition.parameters["filename"] ?? disposition.parameters["filename*"]
    self.init(
      name: Self.unescape(name), filename: filename.map(Self.unescape),
      contentType: head["content-type"])
  }

  /// Decodes `%22`: browsers and SDKs escape a quote in a name so, and nothing else that matters here.
  private static func unescape(_ text: ByteString) -> ByteString {
    let escape: ByteString = "%22"
    guard text.contains(ASCII.percent) else { return text }
    var unescaped: [UInt8] = []
    var rest = text
    while let byte = rest.first {
      let isEscape = byte == ASCII.percent && rest.starts(with: escape)
      unescaped.append(isEscape ? ASCII.quote : byte)
      rest = rest.dropFirst(isEscape ? escape.count : 1)
    }
    return ByteString(unescaped)
  }
}

/// The limits of a form; RFC 2046 itself limits the boundary to 70 characters.
public struct MultipartLimits: Sendable {
  /// The largest number of parts.
  public var partCount = 16
  /// The most bytes of a part's header fields.
  public var partHeadBytes = 4096
  /// The most bytes of a part that is not a file.
  public var fieldBytes = 64 << 10
  /// The most bytes of a file.
  public var fileBytes = 20 << 20
  /// Returns whether a field of this name carries a file as text, such as base64.
  public var carriesFile: @Sendable (_ name: ByteString) -> Bool = { _ in false }
  /// The most bytes of such a field: base64 of the largest file, with its line breaks.
  public var fileFieldBytes = 28 << 20

  /// The defaults, for a form whose files are all file parts.
  public init() {}

  func byteCount(for part: MultipartPart) -> Int {
    if part.filename != nil { return fileBytes }
    return carriesFile(part.name) ? fileFieldBytes : fieldBytes
  }
}
