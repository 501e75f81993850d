import HTTP
import Testing

@Suite struct DeadlineTests {
  private let configuration = ServerConfiguration()
  private let get = "GET / HTTP/1.1\r\nHost: a\r\n\r\n"
  private let longPost = "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1000000\r\n\r\n"

  @Test func `a head that is not finished in time gets 408`() {
    var connection = EmbeddedConnection()
    connection.wait(.seconds(50))
    connection.receive("GET /")
    for _ in 0..<9 {
      connection.wait(.seconds(1))
      connection.receive("a")
    }
    #expect(connection.statuses.isEmpty)
    connection.wait(.seconds(1))
    #expect(connection.statuses == [408] && connection.hasShutDown)
  }

  @Test func `an idle connection closes without an answer`() {
    var connection = EmbeddedConnection()
    connection.receive(get)
    let answered = connection.text
    connection.wait(.seconds(59))
    #expect(!connection.isClosed)
    connection.wait(.seconds(1))
    #expect(connection.isClosed && connection.text == answered && connection.records.count == 1)
  }

  @Test func `a body that stops gets 408`() {
    var connection = EmbeddedConnection()
    connection.receive(longPost + "x")
    connection.wait(.seconds(14))
    #expect(connection.statuses.isEmpty)
    connection.wait(.seconds(1))
    #expect(connection.statuses == [408])
  }

  @Test func `a body that drips gets 408`() {
    var connection = EmbeddedConnection()
    connection.receive(longPost)
    for _ in 0..<4 {
      connection.wait(.seconds(4))
      connection.receive("x")
    }
    #expect(connection.statuses == [408])
  }

  @Test func `a body that drips after a burst gets 408`() {
    var connection = EmbeddedConnection()
    connection.receive(longPost)
    connection.receive([UInt8](repeating: 0x78, count: 900_000))
    for _ in 0..<4 {
      connection.wait(.seconds(10))
      connection.receive("x")
    }
    #expect(connection.statuses.isEmpty)
    connection.wait(.seconds(6))
    #expect(connection.statuses == [408])
  }

  @Test func `a body at the lowest rate is served`() {
    var connection = EmbeddedConnection()
    connection.receive(longPost)
    let piece = [UInt8](repeating: 0x78, count: 50_000)
    for _ in 0..<20 {
      connection.wait(.seconds(4.8))
      connection.receive(piece)
    }
    #expect(connection.statuses == [200])
  }

  @Test func `a body without memory waits, then gets 503`() {
    var connection = EmbeddedConnection()
    connection.receive(longPost + "x")
    connection.state.setStarved(true, at: connection.now)
    #expect(!connection.state.wantsInput)
    connection.wait(configuration.bufferWaitTimeout - .seconds(1))
    connection.state.setStarved(false, at: connection.now)
    #expect(connection.state.wantsInput && connection.statuses.isEmpty)
    connection.state.setStarved(true, at: connection.now)
    connection.wait(configuration.bufferWaitTimeout)
    #expect(connection.statuses == [503])
  }

  @Test func `waiting for memory does not count against a body's deadline`() {
    var connection = EmbeddedConnection()
    connection.receive(longPost)
    for _ in 0..<10 {
      connection.state.setStarved(true, at: connection.now)
      connection.wait(.seconds(4))
      connection.state.setStarved(false, at: connection.now)
    }
    connection.wait(.seconds(14))
    #expect(connection.statuses.isEmpty)
  }

  @Test func `a running request has no deadline`() {
    var connection = EmbeddedConnection(answersAtOnce: false)
    connection.receive(get)
    #expect(connection.state.deadline == nil)
    connection.wait(.seconds(3600))
    #expect(!connection.isClosed)
  }

  @Test func `a client that reads nothing is disconnected`() {
    var connection = EmbeddedConnection()
    connection.takesOutput = false
    connection.receive(get)
    connection.wait(.seconds(29))
    connection.take(1)
    connection.wait(.seconds(29))
    #expect(!connection.isClosed)
    connection.wait(.seconds(1))
    #expect(connection.isClosed && connection.records.first?.isDelivered == false)
  }

  @Test func `a drain still answers an idle connection for a while`() {
    var connection = EmbeddedConnection()
    connection.wait(.seconds(30))
    connection.state.drain(at: connection.now)
    connection.wait(.seconds(1))
    #expect(!connection.isClosed)
    var served = connection
    served.receive(get)
    #expect(served.text.contains("connection: close\r\n") && served.hasShutDown)
    connection.wait(.milliseconds(500))
    #expect(connection.isClosed)
  }

  @Test func `a drain makes the current answer the connection's last`() {
    var connection = EmbeddedConnection(answersAtOnce: false)
    connection.receive(get + get)
    connection.state.drain(at: connection.now)
    connection.respond(Response(.ok))
    #expect(
      connection.statuses == [200] && connection.requests.count == 1 && connection.hasShutDown)
  }
}
