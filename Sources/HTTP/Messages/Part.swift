/// One part of a form.
public struct Part: Equatable, Sendable {
  /// The field's name.
  public let name: String
  /// The file's name as the client calls it; nil for a plain field.
  public let filename: String?
  /// The part's own content type, which is a claim and no more.
  public let contentType: String?
  /// The part's bytes.
  public internal(set) var body: [UInt8] = []

  /// A part from its pieces.
  public init(
    name: String, filename: String? = nil, contentType: String? = nil, body: [UInt8] = []
  ) {
    self.name = name
    self.filename = filename
    self.contentType = contentType
    self.body = body
  }

  init() { self.init(name: "") }

  /// Reads the fields above a part's body.
  init(head: Headers) throws(Fault) {
    guard head.values(of: "content-disposition").count == 1,
      head.values(of: "content-type").count <= 1, let text = head["content-disposition"]
    else { throw .malformed("a part needs one Content-Disposition and at most one Content-Type") }
    let encoding = head["content-transfer-encoding"]?.lowercased() ?? "binary"
    guard ["binary", "8bit", "7bit"].contains(encoding) else {
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
  private static func unescape(_ text: String) -> String {
    text.split(separator: "%22", omittingEmptySubsequences: false).joined(separator: "\"")
  }
}
