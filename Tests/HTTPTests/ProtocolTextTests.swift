import HTTP
import TestSupport
import Testing
import Text

/// Text of requests is bytes: neither what Unicode takes for equal nor what it takes long to compare.
@Suite struct ProtocolTextTests {
  /// Marks that Unicode reorders before it compares, which takes time in the square of their number.
  private static let marks =
    String(repeating: "\u{301}", count: 3900) + String(repeating: "\u{323}", count: 3900)

  private static let heads = [
    "GET / HTTP/1.1\r\nHost: a\r\nConnection: c@\r\n\r\n",
    "GET / HTTP/1.1\r\nHost: a\r\nConnection: close, c@\r\n\r\n",
    "POST / HTTP/1.1\r\nHost: a\r\nExpect: 100-continue@\r\n\r\n",
    "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked@\r\n\r\n",
    "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1@\r\n\r\n",
    "GET / HTTP/1.1\r\nHost: a@\r\n\r\n",
    "GET / HTTP/1.1\r\nHost: a\r\nX@: b\r\n\r\n",
    "GET /@ HTTP/1.1\r\nHost: a\r\n\r\n", "G@ / HTTP/1.1\r\nHost: a\r\n\r\n",
  ]

  @Test(arguments: heads)
  func `a head with combining marks costs what one of letters costs`(_ text: String) {
    let marked = text.replacing("@", with: Self.marks)
    let plain = text.replacing("@", with: String(repeating: "a", count: Self.marks.utf8.count))
    expectSameCost(of: { readHead(marked) }, as: { readHead(plain) })
  }

  private static let parts = [
    "form-data; name=\"@\"", "form-data; name=a; filename=\"@\"", "@; name=a",
    "form-data; name=a\r\nContent-Transfer-Encoding: @", "form-data; name=a\r\nContent-Type: @",
  ]

  @Test(arguments: parts)
  func `a form's part with combining marks costs what one of letters costs`(_ text: String) {
    let marked = text.replacing("@", with: Self.marks)
    let plain = text.replacing("@", with: String(repeating: "a", count: Self.marks.utf8.count))
    expectSameCost(of: { readForm(marked) }, as: { readForm(plain) })
  }

  @Test(arguments: [
    ("caf\u{e9}", "cafe\u{301}"), ("\u{212B}", "\u{C5}"), ("\u{1100}\u{1161}", "\u{AC00}"),
  ])
  func `canonically equivalent spellings stay different`(_ one: String, _ other: String) throws {
    let head = try head("GET / HTTP/1.1\r\nHost: a\r\nX-A: \(one)\r\n\r\n")
    #expect(head.headers["x-a"] == ByteString(one) && head.headers["x-a"] != ByteString(other))
    let form = try FieldParameters(parsing: ByteString("a; x=\"\(one)\""))
    #expect(form.parameters["x"] == ByteString(one) && form.parameters["x"] != ByteString(other))
    let segments = [one, other].map { text in
      try? RequestTarget(parsing: ByteString("/" + text.utf8.map(Self.escaped).joined())).segments
    }
    #expect(segments[0] == [ByteString(one)] && segments[0] != segments[1])
  }

  @Test(arguments: ["a;b=c;", "a;;b=c", "a; ;\tb=c ; ", "a;b=c"])
  func `a semicolon may be followed by nothing`(_ text: String) throws {
    let field = try FieldParameters(parsing: ByteString(text))
    #expect(field.value == "a" && field.parameters == ["b": "c"])
  }

  @Test func `case folding is ASCII only`() throws {
    let head = try head(
      "GET / HTTP/1.1\r\nHost: a\r\nConnection: clo\u{17F}e\r\nX-\u{4B}: 1\r\n\r\n")
    #expect(head.keepsAlive)
    #expect(head.headers["x-k"] == "1" && head.headers["x-\u{212A}"] == nil)
    #expect(throws: HTTPError.self) {
      try MultipartParser(contentType: "multipart/form-data; boundary\u{212A}=a")
    }
  }

  private static func escaped(_ byte: UInt8) -> String {
    "%" + String(byte >> 4, radix: 16) + String(byte & 15, radix: 16)
  }

  private func head(_ text: String) throws -> RequestHead {
    var parser = HeadParser()
    var input = Array(text.utf8)[...]
    return try #require(try parser.consume(&input))
  }

  /// Reads a head and what the server asks of it; a refusal is an outcome like another.
  private func readHead(_ text: String) {
    var parser = HeadParser()
    var input = Array(text.utf8)[...]
    guard let head = try? parser.consume(&input) else { return }
    _ = (head.keepsAlive, head.expectsContinue, head.headers["x-none"])
  }

  private func readForm(_ disposition: String) {
    var limits = MultipartLimits()
    limits.partHeadBytes = 64 << 10
    let body = "--xYz\r\nContent-Disposition: \(disposition)\r\n\r\n\r\n--xYz--"
    guard
      var parser = try? MultipartParser(
        contentType: "multipart/form-data; boundary=xYz", limits: limits)
    else { return }
    try? parser.feed(Array(body.utf8)[...])
    _ = try? parser.finish()
  }

  /// Reordering the marks takes hundreds of times as long as reading as many bytes.
  private func expectSameCost(
    of work: () -> Void, as plain: () -> Void, sourceLocation: SourceLocation = #_sourceLocation
  ) {
    let excess = ProcessorTime.excess(of: work, over: 40, times: plain)
    #expect(excess == nil, sourceLocation: sourceLocation)
  }
}
