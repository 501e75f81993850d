import HTTP
import Testing

@Suite struct MalformedRequestTests {
  /// The request that a smuggler would hope to have answered.
  private let follower = "GET /smuggled HTTP/1.1\r\nHost: a\r\n\r\n"

  @Test func `the table holds at least sixty requests, each once`() {
    #expect(MalformedRequests.all.count >= 60)
    #expect(Set(MalformedRequests.all.map(\.name)).count == MalformedRequests.all.count)
  }

  @Test(arguments: MalformedRequests.all)
  func `a malformed request is refused once, and nothing after it is answered`(
    _ malformed: MalformedRequests.Case
  ) {
    var connection = EmbeddedConnection()
    connection.receive(malformed.bytes)
    connection.receive(follower)
    connection.receive(follower)
    #expect(connection.requests.isEmpty)
    #expect(connection.statuses.count == 1)
    #expect(connection.statuses.allSatisfy { (400...599).contains($0) })
    #expect(connection.text.contains("connection: close\r\n"))
    #expect(connection.hasShutDown)
    #expect(connection.state.phase == .lingering)
  }

  @Test(arguments: MalformedRequests.all)
  func `a malformed request is refused also when it arrives byte by byte`(
    _ malformed: MalformedRequests.Case
  ) {
    var connection = EmbeddedConnection()
    for byte in malformed.bytes + Array(follower.utf8) { connection.receive([byte]) }
    #expect(connection.requests.isEmpty)
    #expect(connection.statuses.count == 1)
    #expect(connection.statuses.allSatisfy { (400...599).contains($0) })
  }

  @Test(arguments: [
    "GET / HTTP/1.1\r\nHost: a\r\n\r\n", "GET /?a[]=b%20c HTTP/1.1\r\nhOST:a:80\r\n\r\n",
    "GET / HTTP/1.0\r\n\r\n", "GET / HTTP/1.1\r\nHost: [::1]:8080\r\nX: \u{e9} \t\r\n\r\n",
    "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nhello",
    "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 005\r\n\r\nhello",
    "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: Chunked\r\n\r\n0\r\n\r\n",
    "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n5;a=b;c\r\nhello\r\n0\r\nX: y\r\n\r\n",
  ])
  func `a well-formed request is served`(_ text: String) {
    var connection = EmbeddedConnection()
    connection.receive(text)
    #expect(connection.statuses == [200])
  }

  @Test(arguments: [
    ("GET /" + String(repeating: "a", count: 4096) + " HTTP/1.1\r\nHost: a\r\n\r\n", 414),
    ("GET / HTTP/1.1\r\nHost: a\r\n" + String(repeating: "X: 1\r\n", count: 100) + "\r\n", 431),
    ("GET / HTTP/1.1\r\nHost: a\r\nX: " + String(repeating: "a", count: 16 << 10), 431),
    ("GET /" + String(repeating: "a", count: 16 << 10), 431),
    ("GET / HTTP/3.0\r\nHost: a\r\n\r\n", 505),
    ("POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: gzip\r\n\r\n", 501),
    ("POST / HTTP/1.1\r\nHost: a\r\nExpect: x\r\nContent-Length: 1\r\n\r\n", 417),
  ])
  func `each limit has its own status`(_ text: String, status: Int) {
    var connection = EmbeddedConnection()
    connection.receive(text)
    #expect(connection.statuses == [status])
  }

  @Test(arguments: [
    ("GET /" + String(repeating: "a", count: 4095) + " HTTP/1.1\r\nHost: a\r\n\r\n"),
    ("GET / HTTP/1.1\r\nHost: a\r\n" + String(repeating: "X: 1\r\n", count: 99) + "\r\n"),
  ])
  func `a head at its limit is served`(_ text: String) {
    var connection = EmbeddedConnection()
    connection.receive(text)
    #expect(connection.statuses == [200])
  }

  @Test func `an error message holds no value of the request`() {
    var connection = EmbeddedConnection()
    connection.receive("GET / HTTP/1.1\r\nHost: a\r\nAuthorization: secret\u{1}\r\n\r\n")
    #expect(connection.statuses == [400])
    #expect(!connection.text.contains("secret"))
  }
}
