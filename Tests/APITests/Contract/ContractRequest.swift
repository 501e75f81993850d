/// A request as it goes over the socket.
struct ContractRequest: Sendable {
  /// Which key it brings.
  enum Authorization: Sendable {
    case key
    case text(String)
    case none
  }

  var method = "POST"
  var path: String
  var contentType: String? = "application/json"
  var authorization = Authorization.key
  /// Sends the body in chunks, as the JavaScript client does.
  var isChunked = false
  /// Fields besides, each with its line's end.
  var fields = ""
  var body: @Sendable () throws -> [UInt8] = { [] }

  /// A request without a body.
  static func get(_ path: String) -> ContractRequest {
    ContractRequest(method: "GET", path: path, contentType: nil)
  }

  /// A generation with members beside model and prompt.
  static func generation(_ members: String) -> ContractRequest {
    ContractRequest(
      path: TestSite.generations, body: { Array(TestSite.document(members).utf8) })
  }

  /// A generation as a browser sends it for a page of elsewhere.
  static func foreign(_ field: String) -> ContractRequest {
    var request = generation("")
    request.fields = field + "\r\n"
    return request
  }

  /// An edit in JSON with members beside model and prompt.
  static func edit(_ members: String) -> ContractRequest {
    ContractRequest(path: TestSite.edits, body: { Array(TestSite.document(members).utf8) })
  }

  /// An edit as a form, with parts beside model and prompt.
  static func form(
    _ parts: @escaping @Sendable () throws -> [TestForm.Part]
  ) -> ContractRequest {
    ContractRequest(path: TestSite.edits, contentType: TestForm([]).contentType) {
      TestForm(try [.text("model", "epithre-iris"), .text("prompt", "a red fox")] + parts()).body
    }
  }

  /// A body of exactly so many bytes: a document, and blanks.
  static func padded(_ path: String, _ members: String, to byteCount: Int) -> ContractRequest {
    ContractRequest(path: path) {
      let document = Array(TestSite.document(members).utf8)
      return document + [UInt8](repeating: 0x20, count: byteCount - document.count)
    }
  }

  /// Its bytes.
  func bytes(token: String) throws -> [UInt8] {
    let body = try body()
    var head = "\(method) \(path) HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n" + fields
    switch authorization {
    case .key: head += "authorization: Bearer \(token)\r\n"
    case .text(let text): head += "authorization: \(text)\r\n"
    case .none: break
    }
    if let contentType { head += "content-type: \(contentType)\r\n" }
    guard isChunked else {
      return Array((head + "content-length: \(body.count)\r\n\r\n").utf8) + body
    }
    return Array((head + "transfer-encoding: chunked\r\n\r\n").utf8) + Self.chunks(of: body)
  }

  private static func chunks(of body: [UInt8]) -> [UInt8] {
    var bytes: [UInt8] = []
    for start in stride(from: 0, to: body.count, by: 1 << 16) {
      let chunk = body[start..<min(start + 1 << 16, body.count)]
      bytes += Array("\(String(chunk.count, radix: 16))\r\n".utf8) + chunk + Array("\r\n".utf8)
    }
    return bytes + Array("0\r\n\r\n".utf8)
  }
}
