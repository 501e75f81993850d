import HTTP
import Testing

@Suite struct ChunkedParserTests {
  @Test(arguments: [
    ("5\r\nhello\r\n0\r\n\r\n", "hello"), ("0\r\n\r\n", ""), ("000\r\n\r\n", ""),
    ("1\r\na\r\nA\r\n0123456789\r\n0\r\n\r\n", "a0123456789"),
    ("2;n;v=1\r\n\r\n\r\n0;end\r\nX: y\r\nZ:\r\n\r\n", "\r\n"),
  ])
  func `chunks join however they are cut`(_ text: String, body expected: String) throws {
    for pieces in SplitPoints.cuts(Array((text + "next").utf8)) {
      var parser = ChunkedParser()
      var body: [UInt8] = []
      var rest: [UInt8] = []
      var isWhole = false
      for piece in pieces {
        var input = piece
        isWhole = try parser.consume(&input, into: &body, limit: 100)
        rest += input
      }
      #expect(isWhole)
      #expect(String(decoding: body, as: UTF8.self) == expected)
      #expect(String(decoding: rest, as: UTF8.self) == "next")
    }
  }

  @Test func `a chunk beyond the limit is refused before its data arrives`() throws {
    #expect(throws: HTTPError(.bodyTooLarge, "the body exceeds 10 bytes")) {
      try consume("b\r\n", limit: 10)
    }
    #expect(throws: HTTPError(.bodyTooLarge, "the body exceeds 10 bytes")) {
      try consume("a\r\n0123456789\r\n1\r\n", limit: 10)
    }
    #expect(try consume("a\r\n0123456789\r\n0\r\n\r\n", limit: 10).count == 10)
  }

  private func consume(_ text: String, limit: Int) throws(HTTPError) -> [UInt8] {
    var parser = ChunkedParser()
    var body: [UInt8] = []
    var input = Array(text.utf8)[...]
    _ = try parser.consume(&input, into: &body, limit: limit)
    return body
  }
}
