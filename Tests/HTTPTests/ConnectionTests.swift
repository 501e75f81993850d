import HTTP
import Testing

@Suite struct ConnectionTests {
  private let get = "GET / HTTP/1.1\r\nHost: a\r\n\r\n"

  private func post(_ fields: String, _ body: String = "") -> String {
    "POST / HTTP/1.1\r\nHost: a\r\n\(fields)\r\n\r\n\(body)"
  }

  @Test func `pipelined requests are answered in order, one at a time`() {
    var connection = EmbeddedConnection(answersAtOnce: false)
    connection.receive(post("Content-Length: 3", "one") + post("Content-Length: 3", "two") + get)
    #expect(connection.requests.count == 1 && !connection.state.wantsInput)
    connection.respond(Response(.ok))
    #expect(connection.requests.count == 2)
    connection.respond(Response(Status(201)))
    connection.respond(Response(Status(204)))
    #expect(
      connection.requests.map { String(decoding: $0.body, as: UTF8.self) } == ["one", "two", ""])
    #expect(connection.statuses == [200, 201, 204])
    #expect(connection.records.count == 3 && connection.records.allSatisfy(\.isDelivered))
  }

  @Test func `a request reads the same however it is cut`() {
    let text = post("Transfer-Encoding: chunked", "3\r\none\r\n0\r\n\r\n") + get
    for pieces in SplitPoints.cuts(Array(text.utf8)) {
      var connection = EmbeddedConnection()
      for piece in pieces { connection.receive(Array(piece)) }
      #expect(connection.statuses == [200, 200])
      #expect(connection.requests.first?.body == Array("one".utf8))
    }
  }

  @Test func `100 Continue follows acceptance and only then`() {
    var connection = EmbeddedConnection()
    connection.receive(post("Content-Length: 3\r\nExpect: 100-continue"))
    #expect(connection.text == "HTTP/1.1 100 Continue\r\n\r\n")
    connection.receive("abc")
    #expect(connection.statuses == [200] && connection.state.isIdle)

    var refused = EmbeddedConnection()
    refused.admission = { _ in .respond(Response(Status(401))) }
    refused.receive(post("Content-Length: 3\r\nExpect: 100-continue"))
    #expect(refused.statuses == [401] && !refused.text.contains("Continue"))
    #expect(refused.hasShutDown)

    var large = EmbeddedConnection()
    large.receive(post("Content-Length: 1048577\r\nExpect: 100-continue"))
    #expect(large.statuses == [413] && !large.text.contains("Continue"))
  }

  @Test func `a client that already sends its body gets no 100 Continue`() {
    var connection = EmbeddedConnection()
    connection.receive(post("Content-Length: 3\r\nExpect: 100-continue", "a"))
    #expect(connection.text.isEmpty)
  }

  @Test func `a body beyond its limit is refused in either framing`() {
    var length = EmbeddedConnection()
    length.admission = { _ in .accept(bodyLimit: 4) { _, _ in Response(.ok) } }
    length.receive(post("Content-Length: 5"))
    #expect(length.statuses == [413] && length.state.phase == .lingering)

    var chunked = EmbeddedConnection()
    chunked.admission = length.admission
    chunked.receive(post("Transfer-Encoding: chunked", "3\r\none\r\n"))
    #expect(chunked.statuses.isEmpty)
    chunked.receive("3\r\n")
    #expect(chunked.statuses == [413] && chunked.state.phase == .lingering)
    #expect(chunked.state.bufferedBytes == 0)
  }

  @Test func `a refused request whose body is here leaves the connection open`() {
    var connection = EmbeddedConnection()
    connection.admission = { _ in .respond(Response(Status(429))) }
    connection.receive(post("Content-Length: 3", "one") + get)
    #expect(connection.statuses == [429, 429] && connection.state.isIdle)
    connection.receive(post("Content-Length: 3", "on"))
    connection.receive("e" + get)
    #expect(connection.statuses == [429, 429, 429] && connection.state.phase == .lingering)
  }

  @Test func `input is dropped while lingering, up to a limit`() {
    var configuration = ServerConfiguration()
    configuration.maxLingerBytes = 100
    var connection = EmbeddedConnection(configuration: configuration)
    connection.receive("junk\n")
    #expect(connection.state.wantsInput)
    connection.receive(String(repeating: get, count: 10))
    #expect(connection.statuses == [400] && !connection.state.wantsInput && !connection.isClosed)
    connection.wait(configuration.lingerIdleTimeout)
    #expect(connection.isClosed)
  }

  @Test func `HTTP 1.0 gets a plain stream that ends with the connection`() {
    var connection = EmbeddedConnection(answersAtOnce: false)
    connection.receive("GET / HTTP/1.0\r\n\r\n")
    connection.respond(Response(.ok, body: .stream { _ in }))
    connection.perform(connection.state.sendInterim(Status(102), at: connection.now))
    connection.perform(connection.state.write([0x78], at: connection.now))
    connection.perform(connection.state.endStream(at: connection.now))
    #expect(connection.text.hasSuffix("connection: close\r\n\r\nx") && connection.hasShutDown)
  }

  @Test func `a stream is written in chunks after interim responses`() {
    var connection = EmbeddedConnection(answersAtOnce: false)
    connection.receive(get)
    connection.perform(connection.state.sendInterim(Status(102), at: connection.now))
    connection.respond(Response(.ok, body: .stream { _ in }))
    connection.perform(connection.state.sendInterim(Status(102), at: connection.now))
    connection.perform(connection.state.write(Array("hello world, twice".utf8), at: connection.now))
    connection.perform(connection.state.endStream(at: connection.now))
    #expect(connection.text.hasPrefix("HTTP/1.1 102 Processing\r\n\r\nHTTP/1.1 200 OK\r\n"))
    #expect(connection.text.hasSuffix("\r\n\r\n12\r\nhello world, twice\r\n0\r\n\r\n"))
    #expect(!connection.text.contains("content-length"))
    #expect(connection.statuses == [200] && connection.state.isIdle)
  }

  @Test func `HEAD has the fields and no body`() {
    var connection = EmbeddedConnection(answersAtOnce: false)
    connection.receive("HEAD / HTTP/1.1\r\nHost: a\r\n\r\n")
    connection.respond(Response(.ok, text: "hello"))
    #expect(
      connection.text.contains("content-length: 5\r\n") && connection.text.hasSuffix("\r\n\r\n"))
  }

  @Test func `a header field that could inject another is left out`() {
    var connection = EmbeddedConnection(answersAtOnce: false)
    connection.receive(get)
    let headers: Headers = [
      "x-a": "1\r\nx-b: 2", "x c": "3", "content-length": "99", "connection": "x", "x-d": "4",
    ]
    connection.respond(Response(.ok, headers: headers))
    #expect(
      connection.text == "HTTP/1.1 200 OK\r\ndate: today\r\nx-d: 4\r\ncontent-length: 0\r\n\r\n")
  }

  @Test func `a second response to a request is dropped`() {
    var connection = EmbeddedConnection(answersAtOnce: false)
    connection.receive(get)
    connection.respond(Response(.ok))
    connection.respond(Response(.ok))
    connection.perform(connection.state.write([1], at: connection.now))
    connection.perform(connection.state.endStream(at: connection.now))
    #expect(connection.statuses == [200] && connection.state.isIdle)
  }

  @Test func `the record of a client that left says undelivered`() throws {
    var connection = EmbeddedConnection(answersAtOnce: false)
    connection.receive(post("Content-Length: 3", "one"))
    connection.perform(connection.state.close(at: connection.now))
    connection.perform(connection.state.close(at: connection.now))
    #expect(connection.isClosed && connection.records.count == 1)
    let record = try #require(connection.records.first)
    #expect(!record.isDelivered && record.status == nil && record.requestBytes == 3)
    #expect(record.head?.method == .post)
  }
}
