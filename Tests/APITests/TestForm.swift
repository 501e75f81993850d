/// A form as clients write it.
struct TestForm {
  enum Part {
    case text(String, String)
    case file(String, [UInt8])
    /// Fields and body, word for word.
    case raw(String, [UInt8])
  }

  let body: [UInt8]
  let contentType: String

  init(_ parts: [Part], boundary: String = "----boundary7MA4") {
    var body: [UInt8] = []
    for part in parts {
      body += "--\(boundary)\r\n".utf8
      switch part {
      case .text(let name, let value):
        body += "Content-Disposition: form-data; name=\"\(name)\"\r\n\r\n\(value)\r\n".utf8
      case .file(let name, let bytes):
        let disposition = "form-data; name=\"\(name)\"; filename=\"a.png\""
        body += "Content-Disposition: \(disposition)\r\n".utf8
        body += "Content-Type: application/octet-stream\r\n\r\n".utf8
        body += bytes + Array("\r\n".utf8)
      case .raw(let head, let bytes):
        body += Array("\(head)\r\n\r\n".utf8) + bytes + Array("\r\n".utf8)
      }
    }
    self.body = body + Array("--\(boundary)--\r\n".utf8)
    contentType = "multipart/form-data; boundary=\(boundary)"
  }
}
