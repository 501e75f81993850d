import HTTP
import Testing

@Suite struct ConnectionTests {
  private let get = "GET / HTTP/1.1\r\nHost: a\r\n\r\n"

  private func post(_ fields: String, _ body: String = "") -> String {
    "POST / HTTP/1.1\r\nHost: a\r\n\(fields)\r\n\r\n\(body)"
  }

  @Test func `pipelined requests are answered in order, one at a time`() {
    var wire = Wire(answersAtOnce: false)
    wire.receive(post("Content-Length: 3", "one") + post("Content-Length: 3", "two") + get)
    #expect(wire.requests.count == 1 && !wire.connection.wantsInput)
    wire.respond(Response(.ok))
    #expect(wire.requests.count == 2)
    wire.respond(Response(Status(201)))
    wire.respond(Response(Status(204)))
    #expect(wire.requests.map { String(decoding: $0.body, as: UTF8.self) } == ["one", "two", ""])
    #expect(wire.statuses == [200, 201, 204])
    #expect(wire.records.count == 3 && wire.records.allSatisfy(\.isDelivered))
  }

  @Test func `a request reads the same however it is cut`() {
    let text = post("Transfer-Encoding: chunked", "3\r\none\r\n0\r\n\r\n") + get
    for pieces in SplitPoints.cuts(Array(text.utf8)) {
      var wire = Wire()
      for piece in pieces { wire.receive(Array(piece)) }
      #expect(wire.statuses == [200, 200])
      #expect(wire.requests.first?.body == Array("one".utf8))
    }
  }

  @Test func `100 Continue follows acceptance and only then`() {
    var wire = Wire()
    wire.receive(post("Content-Length: 3\r\nExpect: 100-continue"))
    #expect(wire.text == "HTTP/1.1 100 Continue\r\n\r\n")
    wire.receive("abc")
    #expect(wire.statuses == [200] && wire.connection.isIdle)

    var refused = Wire()
    refused.admission = { _ in .respond(Response(Status(401))) }
    refused.receive(post("Content-Length: 3\r\nExpect: 100-continue"))
    #expect(refused.statuses == [401] && !refused.text.contains("Continue"))
    #expect(refused.hasShutDown)

    var large = Wire()
    large.receive(post("Content-Length: 1048577\r\nExpect: 100-continue"))
    #expect(large.statuses == [413] && !large.text.contains("Continue"))
  }

  @Test func `a client that already sends its body is not told to continue`() {
    var wire = Wire()
    wire.receive(post("Content-Length: 3\r\nExpect: 100-continue", "a"))
    #expect(wire.text.isEmpty)
  }

  @Test func `a body beyond its limit is refused in either framing`() {
    var length = Wire()
    length.admission = { _ in .accept(bodyLimit: 4) { _, _ in Response(.ok) } }
    length.receive(post("Content-Length: 5"))
    #expect(length.statuses == [413] && length.connection.phase == .lingering)

    var chunked = Wire()
    chunked.admission = length.admission
    chunked.receive(post("Transfer-Encoding: chunked", "3\r\none\r\n"))
    #expect(chunked.statuses.isEmpty)
    chunked.receive("3\r\n")
    #expect(chunked.statuses == [413] && chunked.connection.phase == .lingering)
    #expect(chunked.connection.bufferedBytes == 0)
  }

  @Test func `a refused request whose body is here leaves the connection open`() {
    var wire = Wire()
    wire.admission = { _ in .respond(Response(Status(429))) }
    wire.receive(post("Content-Length: 3", "one") + get)
    #expect(wire.statuses == [429, 429] && wire.connection.isIdle)
    wire.receive(post("Content-Length: 3", "on"))
    wire.receive("e" + get)
    #expect(wire.statuses == [429, 429, 429] && wire.connection.phase == .lingering)
  }

  @Test func `what arrives while lingering is dropped, up to a limit`() {
    var configuration = ServerConfiguration()
    configuration.maxLingerBytes = 100
    var wire = Wire(configuration: configuration)
    wire.receive("junk\n")
    #expect(wire.connection.wantsInput)
    wire.receive(String(repeating: get, count: 10))
    #expect(wire.statuses == [400] && !wire.connection.wantsInput && !wire.isClosed)
    wire.wait(configuration.lingerIdleTimeout)
    #expect(wire.isClosed)
  }

  @Test func `HTTP 1.0 gets a plain stream that ends with the connection`() {
    var wire = Wire(answersAtOnce: false)
    wire.receive("GET / HTTP/1.0\r\n\r\n")
    wire.respond(Response(.ok, body: .stream { _ in }))
    wire.perform(wire.connection.sendInterim(Status(102), at: wire.now))
    wire.perform(wire.connection.write([0x78], at: wire.now))
    wire.perform(wire.connection.endStream(at: wire.now))
    #expect(wire.text.hasSuffix("connection: close\r\n\r\nx") && wire.hasShutDown)
  }

  @Test func `a stream is written in chunks after interim responses`() {
    var wire = Wire(answersAtOnce: false)
    wire.receive(get)
    wire.perform(wire.connection.sendInterim(Status(102), at: wire.now))
    wire.respond(Response(.ok, body: .stream { _ in }))
    wire.perform(wire.connection.sendInterim(Status(102), at: wire.now))
    wire.perform(wire.connection.write(Array("hello world, twice".utf8), at: wire.now))
    wire.perform(wire.connection.endStream(at: wire.now))
    #expect(wire.text.hasPrefix("HTTP/1.1 102 Processing\r\n\r\nHTTP/1.1 200 OK\r\n"))
    #expect(wire.text.hasSuffix("\r\n\r\n12\r\nhello world, twice\r\n0\r\n\r\n"))
    #expect(!wire.text.contains("content-length"))
    #expect(wire.statuses == [200] && wire.connection.isIdle)
  }

  @Test func `HEAD has the fields and no body`() {
    var wire = Wire(answersAtOnce: false)
    wire.receive("HEAD / HTTP/1.1\r\nHost: a\r\n\r\n")
    wire.respond(Response(.ok, text: "hello"))
    #expect(wire.text.contains("content-length: 5\r\n") && wire.text.hasSuffix("\r\n\r\n"))
  }

  @Test func `a field that would end early is left out`() {
    var wire = Wire(answersAtOnce: false)
    wire.receive(get)
    let headers: Headers = [
      "x-a": "1\r\nx-b: 2", "x c": "3", "content-length": "99", "connection": "x", "x-d": "4",
    ]
    wire.respond(Response(.ok, headers: headers))
    #expect(wire.text == "HTTP/1.1 200 OK\r\ndate: today\r\nx-d: 4\r\ncontent-length: 0\r\n\r\n")
  }

  @Test func `an answer that comes twice or late is dropped`() {
    var wire = Wire(answersAtOnce: false)
    wire.receive(get)
    wire.respond(Response(.ok))
    wire.respond(Response(.ok))
    wire.perform(wire.connection.write([1], at: wire.now))
    wire.perform(wire.connection.endStream(at: wire.now))
    #expect(wire.statuses == [200] && wire.connection.isIdle)
  }

  @Test func `a client that leaves ends its exchange undelivered`() throws {
    var wire = Wire(answersAtOnce: false)
    wire.receive(post("Content-Length: 3", "one"))
    wire.perform(wire.connection.close(at: wire.now))
    wire.perform(wire.connection.close(at: wire.now))
    #expect(wire.isClosed && wire.records.count == 1)
    let record = try #require(wire.records.first)
    #expect(!record.isDelivered && record.status == nil && record.requestBytes == 3)
    #expect(record.head?.method == .post)
  }
}
