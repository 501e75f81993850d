import HTTP
import Testing
import Text

@Suite struct HeadParserTests {
  private let text =
    "POST /v1/images/edits?a=1&b=x+y%2B HTTP/1.1\r\nHost: a.example:80\r\n"
    + "Content-Type:application/json\r\nX-Empty:\r\nContent-Length: \t42 \r\n\r\nrest"

  @Test func `a head reads the same however it is cut`() throws {
    for pieces in SplitPoints.cuts(Array(text.utf8)) {
      var parser = HeadParser()
      var head: RequestHead?
      var rest: [UInt8] = []
      for piece in pieces {
        var input = piece
        if head == nil { head = try parser.consume(&input) }
        rest += input
      }
      let found = try #require(head)
      #expect(found.method == .post)
      #expect(found.target.segments == ["v1", "images", "edits"])
      #expect(found.target.query.map(\.name) == ["a", "b"])
      #expect(found.target.query.map(\.value) == ["1", "x y+"])
      #expect(found.headers["content-type"] == "application/json")
      #expect(found.headers["X-EMPTY"] == "")
      #expect(found.framing == .length(42))
      #expect(found.keepsAlive && !found.expectsContinue)
      #expect(rest == Array("rest".utf8))
    }
  }

  @Test(arguments: [
    ("close", false), ("keep-alive", true), ("Keep-Alive, Close", false), ("x, close ,y", false),
    ("closed", true), ("", true),
  ])
  func `a connection is kept alive unless its Connection field lists close`(
    _ value: String, keepsAlive: Bool
  ) throws {
    let head = try parse("GET / HTTP/1.1\r\nHost: a\r\nConnection: \(value)\r\n\r\n")
    #expect(head.keepsAlive == keepsAlive)
  }

  @Test func `HTTP 1.0 is neither kept alive nor sent 100 Continue`() throws {
    let text = "POST / HTTP/1.0\r\nConnection: keep-alive\r\nExpect: 100-continue\r\n\r\n"
    let head = try parse(text)
    #expect(!head.keepsAlive && !head.expectsContinue)
  }

  @Test(arguments: [
    ("http://b.example:81/v1/models?x=1", "b.example:81", "/v1/models"),
    ("HTTPS://b/a%20b", "b", "/a%20b"), ("http://[::1]:80", "[::1]:80", "/"),
    ("http://b?x=1", "b", "/"),
  ])
  func `an absolute target sets the authority`(
    _ target: String, authority: String, path: String
  ) throws {
    let head = try parse("GET \(target) HTTP/1.1\r\nHost: a\r\n\r\n")
    #expect(head.authority == ByteString(authority) && head.target.path == ByteString(path))
    #expect(head.target.query.count == (target.contains("?") ? 1 : 0))
    #expect(try parse("GET / HTTP/1.1\r\nHost: a:1\r\n\r\n").authority == "a:1")
  }

  @Test func `an encoded slash stays within its segment`() throws {
    let head = try parse("GET /models/a%2Fb/ HTTP/1.1\r\nHost: a\r\n\r\n")
    #expect(head.target.segments == ["models", "a/b", ""])
    #expect(head.target.path == "/models/a%2Fb/")
  }

  private func parse(_ text: String) throws -> RequestHead {
    var parser = HeadParser()
    var input = Array(text.utf8)[...]
    return try #require(try parser.consume(&input))
  }
}
