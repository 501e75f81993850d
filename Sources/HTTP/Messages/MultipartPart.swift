public import Text

/// One part of a form.
public struct MultipartPart: Equatable, Sendable {
  /// The field's name.
  public let name: ByteString
  /// The file's name as the client calls it; nil for a plain field.
  public let filename: ByteString?
  /// The part's own content type, which is a claim and no more.
  public let contentType: ByteString?
  /// The part's bytes.
  public internal(set) var body: [UInt8] = []

  /// A part from its pieces.
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

  /// Reads the fields above a part's body.
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

  /// Browsers and SDKs write a quote in a name as `%22` and escape nothing else that matters here.
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
