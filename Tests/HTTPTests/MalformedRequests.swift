import Testing

/// Requests that must be refused: each can be read in more than one way, or in none.
enum MalformedRequests {
  struct Case: CustomTestStringConvertible, Sendable {
    let name: String
    let bytes: [UInt8]
    var testDescription: String { name }

    init(_ name: String, _ text: String) {
      self.name = name
      bytes = Array(text.utf8)
    }

    init(_ name: String, bytes: [UInt8]) {
      self.name = name
      self.bytes = bytes
    }
  }

  private static func post(_ fields: String, _ body: String = "") -> String {
    "POST / HTTP/1.1\r\nHost: a\r\n\(fields)\r\n\r\n\(body)"
  }

  private static func chunked(_ body: String) -> String {
    post("Transfer-Encoding: chunked", body)
  }

  static let all = requestLines + fields + hosts + framings + chunks

  static let requestLines = [
    Case("a leading empty line", "\r\nGET / HTTP/1.1\r\nHost: a\r\n\r\n"),
    Case("bare LF line ends", "GET / HTTP/1.1\nHost: a\n\n"),
    Case("a bare LF after the request line", "GET / HTTP/1.1\nHost: a\r\n\r\n"),
    Case("a bare CR in the request line", "GET /\rx HTTP/1.1\r\nHost: a\r\n\r\n"),
    Case("two spaces before the target", "GET  / HTTP/1.1\r\nHost: a\r\n\r\n"),
    Case("two spaces before the version", "GET /  HTTP/1.1\r\nHost: a\r\n\r\n"),
    Case("a space after the version", "GET / HTTP/1.1 \r\nHost: a\r\n\r\n"),
    Case("a tab as separator", "GET\t/ HTTP/1.1\r\nHost: a\r\n\r\n"),
    Case("a leading space", " GET / HTTP/1.1\r\nHost: a\r\n\r\n"),
    Case("no version", "GET /\r\nHost: a\r\n\r\n"),
    Case("no target", "GET HTTP/1.1\r\nHost: a\r\n\r\n"),
    Case("a method that is no token", "GE(T / HTTP/1.1\r\nHost: a\r\n\r\n"),
    Case(
      "an overlong method", String(repeating: "G", count: 33) + " / HTTP/1.1\r\nHost: a\r\n\r\n"),
    Case("HTTP/0.9", "GET / HTTP/0.9\r\nHost: a\r\n\r\n"),
    Case("HTTP/2.0", "GET / HTTP/2.0\r\nHost: a\r\n\r\n"),
    Case("the HTTP/2 preface", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"),
    Case("HTTP/1.2", "GET / HTTP/1.2\r\nHost: a\r\n\r\n"),
    Case("HTTP/1.10", "GET / HTTP/1.10\r\nHost: a\r\n\r\n"),
    Case("a lower-case version", "GET / http/1.1\r\nHost: a\r\n\r\n"),
    Case("a version with a blank", "GET / HTTP/ 1.1\r\nHost: a\r\n\r\n"),
    Case("an absolute target of another scheme", "GET ftp://a/ HTTP/1.1\r\nHost: a\r\n\r\n"),
    Case("an absolute target without a host", "GET http:///a HTTP/1.1\r\nHost: a\r\n\r\n"),
    Case("an absolute target with a user", "GET http://u@a/ HTTP/1.1\r\nHost: a\r\n\r\n"),
    Case("an absolute target with one slash", "GET http:/a HTTP/1.1\r\nHost: a\r\n\r\n"),
    Case("an absolute target without Host", "GET http://a/ HTTP/1.1\r\n\r\n"),
    Case("an authority target", "CONNECT a:80 HTTP/1.1\r\nHost: a:80\r\n\r\n"),
    Case("an asterisk target", "OPTIONS * HTTP/1.1\r\nHost: a\r\n\r\n"),
    Case("a relative target", "GET a HTTP/1.1\r\nHost: a\r\n\r\n"),
    Case("a fragment", "GET /a#b HTTP/1.1\r\nHost: a\r\n\r\n"),
    Case("half a percent escape", "GET /%4 HTTP/1.1\r\nHost: a\r\n\r\n"),
    Case("a bad percent escape", "GET /%zz HTTP/1.1\r\nHost: a\r\n\r\n"),
    Case("an escaped NUL", "GET /a%00 HTTP/1.1\r\nHost: a\r\n\r\n"),
    Case("an escaped line end", "GET /a%0d%0a HTTP/1.1\r\nHost: a\r\n\r\n"),
    Case("an escape that is not UTF-8", "GET /%ff HTTP/1.1\r\nHost: a\r\n\r\n"),
    Case("a dot segment", "GET /a/../b HTTP/1.1\r\nHost: a\r\n\r\n"),
    Case("an escaped dot segment", "GET /a/%2e%2E/b HTTP/1.1\r\nHost: a\r\n\r\n"),
    Case("a backslash", "GET /a\\b HTTP/1.1\r\nHost: a\r\n\r\n"),
    Case("raw UTF-8 in the target", "GET /\u{e9} HTTP/1.1\r\nHost: a\r\n\r\n"),
    Case("a bad escape in the query", "GET /?a=%g0 HTTP/1.1\r\nHost: a\r\n\r\n"),
    Case("a NUL in the request line", bytes: Array("GET /\0 HTTP/1.1\r\nHost: a\r\n\r\n".utf8)),
    Case("a TLS greeting", bytes: [0x16, 0x03, 0x01, 0x02, 0x00, 0x01, 0x00, 0x0D, 0x0A]),
  ]

  static let fields = [
    Case("a folded field", "GET / HTTP/1.1\r\nHost: a\r\nX: 1\r\n 2\r\n\r\n"),
    Case("a field folded with a tab", "GET / HTTP/1.1\r\nHost: a\r\nX: 1\r\n\t2\r\n\r\n"),
    Case("a fold before any field", "GET / HTTP/1.1\r\n Host: a\r\n\r\n"),
    Case("a space before the colon", "GET / HTTP/1.1\r\nHost : a\r\n\r\n"),
    Case("a tab before the colon", "GET / HTTP/1.1\r\nHost: a\r\nX\t: 1\r\n\r\n"),
    Case("no colon", "GET / HTTP/1.1\r\nHost: a\r\nX\r\n\r\n"),
    Case("an empty name", "GET / HTTP/1.1\r\nHost: a\r\n: 1\r\n\r\n"),
    Case("a name that is no token", "GET / HTTP/1.1\r\nHost: a\r\nX(y): 1\r\n\r\n"),
    Case("a name beyond ASCII", "GET / HTTP/1.1\r\nHost: a\r\n\u{e9}: 1\r\n\r\n"),
    Case("a NUL in a value", "GET / HTTP/1.1\r\nHost: a\r\nX: 1\0\r\n\r\n"),
    Case("a control in a value", "GET / HTTP/1.1\r\nHost: a\r\nX: 1\u{1}\r\n\r\n"),
    Case("a DEL in a value", "GET / HTTP/1.1\r\nHost: a\r\nX: 1\u{7f}\r\n\r\n"),
    Case("a bare CR in a value", "GET / HTTP/1.1\r\nHost: a\r\nX: 1\r2\r\n\r\n"),
    Case("a bare LF in a value", "GET / HTTP/1.1\r\nHost: a\r\nX: 1\n2: 3\r\n\r\n"),
    Case("two CRs", "GET / HTTP/1.1\r\nHost: a\r\r\n\r\n"),
    Case("a bare LF as the head's end", "GET / HTTP/1.1\r\nHost: a\r\n\n"),
    Case(
      "a value that is not UTF-8",
      bytes: Array("GET / HTTP/1.1\r\nHost: a\r\nX: ".utf8) + [0xFF, 0x0D, 0x0A, 0x0D, 0x0A]),
    Case(
      "an expectation with a long s", post("Content-Length: 1\r\nExpect: 100-continue\u{17F}", "x")),
    Case("another expectation", post("Content-Length: 1\r\nExpect: 200-ok", "x")),
    Case(
      "two expectations", post("Content-Length: 1\r\nExpect: 100-continue\r\nExpect: 100-continue")),
  ]

  static let hosts = [
    Case("no Host", "GET / HTTP/1.1\r\n\r\n"),
    Case("two Hosts", "GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n"),
    Case("the same Host twice", "GET / HTTP/1.1\r\nHost: a\r\nhost: a\r\n\r\n"),
    Case("an empty Host", "GET / HTTP/1.1\r\nHost:\r\n\r\n"),
    Case("a Host list", "GET / HTTP/1.1\r\nHost: a, b\r\n\r\n"),
    Case("a Host with a path", "GET / HTTP/1.1\r\nHost: a/b\r\n\r\n"),
    Case("a Host with a user", "GET / HTTP/1.1\r\nHost: u@a\r\n\r\n"),
    Case("two Hosts in HTTP/1.0", "GET / HTTP/1.0\r\nHost: a\r\nHost: b\r\n\r\n"),
  ]

  static let framings = [
    Case(
      "a length and chunks", post("Content-Length: 5\r\nTransfer-Encoding: chunked", "0\r\n\r\n")),
    Case(
      "chunks and a length", post("Transfer-Encoding: chunked\r\nContent-Length: 5", "0\r\n\r\n")),
    Case("two lengths", post("Content-Length: 5\r\nContent-Length: 6", "hello!")),
    Case("the same length twice", post("Content-Length: 5\r\nContent-Length: 5", "hello")),
    Case("a list of lengths", post("Content-Length: 5, 5", "hello")),
    Case("a signed length", post("Content-Length: +5", "hello")),
    Case("a negative length", post("Content-Length: -5", "hello")),
    Case("a hexadecimal length", post("Content-Length: 0x5", "hello")),
    Case("a fractional length", post("Content-Length: 5.0", "hello")),
    Case("an empty length", post("Content-Length:", "hello")),
    Case("a blank within a length", post("Content-Length: 1 0", "hello")),
    Case("an overflowing length", post("Content-Length: 18446744073709551621", "hello")),
    Case("a length beyond 63 bits", post("Content-Length: 9223372036854775808", "hello")),
    Case("another coding", post("Transfer-Encoding: gzip", "hello")),
    Case("a list of codings", post("Transfer-Encoding: gzip, chunked", "0\r\n\r\n")),
    Case("chunked twice", post("Transfer-Encoding: chunked, chunked", "0\r\n\r\n")),
    Case(
      "two coding fields",
      post("Transfer-Encoding: chunked\r\nTransfer-Encoding: identity", "0\r\n\r\n")),
    Case("an unknown coding", post("Transfer-Encoding: xchunked", "0\r\n\r\n")),
    Case("a coding with a Kelvin sign", post("Transfer-Encoding: chun\u{212A}ed", "0\r\n\r\n")),
    Case("a coding with a long s", post("Transfer-Encoding: chunked\u{17F}", "0\r\n\r\n")),
    Case("a coding with a combining mark", post("Transfer-Encoding: chunked\u{301}", "0\r\n\r\n")),
    Case("a length in other digits", post("Content-Length: \u{665}", "hello")),
    Case("a quoted coding", post("Transfer-Encoding: \"chunked\"", "0\r\n\r\n")),
    Case("an empty coding", post("Transfer-Encoding:", "0\r\n\r\n")),
    Case("a coding with a vertical tab", post("Transfer-Encoding: \u{b}chunked", "0\r\n\r\n")),
    Case(
      "chunks in HTTP/1.0",
      "POST / HTTP/1.0\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"),
  ]

  static let chunks = [
    Case("a chunk without a size", chunked("\r\nhello\r\n0\r\n\r\n")),
    Case("a signed size", chunked("+5\r\nhello\r\n0\r\n\r\n")),
    Case("a negative size", chunked("-5\r\nhello\r\n0\r\n\r\n")),
    Case("a prefixed size", chunked("0x5\r\nhello\r\n0\r\n\r\n")),
    Case("a size that is no number", chunked("g\r\nhello\r\n0\r\n\r\n")),
    Case("an overflowing size", chunked("10000000000000005\r\nhello\r\n0\r\n\r\n")),
    Case("a huge size", chunked("7fffffffffffffff\r\nhello")),
    Case("a blank before the size", chunked(" 5\r\nhello\r\n0\r\n\r\n")),
    Case("a blank after the size", chunked("5 \r\nhello\r\n0\r\n\r\n")),
    Case("a bare LF after the size", chunked("5\nhello\r\n0\r\n\r\n")),
    Case("a bare CR after the size", chunked("5\rhello\r\n0\r\n\r\n")),
    Case("a bare LF after the data", chunked("5\r\nhello\n0\r\n\r\n")),
    Case("data longer than the size", chunked("5\r\nhello!\r\n0\r\n\r\n")),
    Case("an empty extension", chunked("5;\r\nhello\r\n0\r\n\r\n")),
    Case("an extension without a value", chunked("5;a=\r\nhello\r\n0\r\n\r\n")),
    Case("a quoted extension", chunked("5;a=\"b\"\r\nhello\r\n0\r\n\r\n")),
    Case("an extension with blanks", chunked("5 ; a=b\r\nhello\r\n0\r\n\r\n")),
    Case("an extension with a bare LF", chunked("5;a\nb\r\nhello\r\n0\r\n\r\n")),
    Case("an endless extension", chunked("5;" + String(repeating: "a", count: 300) + "\r\n")),
    Case("a NUL in a size line", chunked("5\0\r\nhello\r\n0\r\n\r\n")),
    Case("a malformed trailer", chunked("0\r\nX y\r\n\r\n")),
    Case("a folded trailer", chunked("0\r\nX: y\r\n z\r\n\r\n")),
    Case("a bare LF in the trailer", chunked("0\r\n\n")),
  ]
}
