import HTTP
import Testing

@Suite struct DeadlineTests {
  private let configuration = ServerConfiguration()
  private let get = "GET / HTTP/1.1\r\nHost: a\r\n\r\n"
  private let longPost = "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1000000\r\n\r\n"

  @Test func `a head that is not finished in time gets 408`() {
    var wire = Wire()
    wire.wait(.seconds(50))
    wire.receive("GET /")
    for _ in 0..<9 {
      wire.wait(.seconds(1))
      wire.receive("a")
    }
    #expect(wire.statuses.isEmpty)
    wire.wait(.seconds(1))
    #expect(wire.statuses == [408] && wire.hasShutDown)
  }

  @Test func `an idle connection closes without a word`() {
    var wire = Wire()
    wire.receive(get)
    let answered = wire.text
    wire.wait(.seconds(59))
    #expect(!wire.isClosed)
    wire.wait(.seconds(1))
    #expect(wire.isClosed && wire.text == answered && wire.records.count == 1)
  }

  @Test func `a body that stops gets 408`() {
    var wire = Wire()
    wire.receive(longPost + "x")
    wire.wait(.seconds(14))
    #expect(wire.statuses.isEmpty)
    wire.wait(.seconds(1))
    #expect(wire.statuses == [408])
  }

  @Test func `a body that drips gets 408`() {
    var wire = Wire()
    wire.receive(longPost)
    for _ in 0..<4 {
      wire.wait(.seconds(4))
      wire.receive("x")
    }
    #expect(wire.statuses == [408])
  }

  @Test func `a body that drips after a burst gets 408`() {
    var wire = Wire()
    wire.receive(longPost)
    wire.receive([UInt8](repeating: 0x78, count: 900_000))
    for _ in 0..<4 {
      wire.wait(.seconds(10))
      wire.receive("x")
    }
    #expect(wire.statuses.isEmpty)
    wire.wait(.seconds(6))
    #expect(wire.statuses == [408])
  }

  @Test func `a body at the lowest rate is served`() {
    var wire = Wire()
    wire.receive(longPost)
    let piece = [UInt8](repeating: 0x78, count: 50_000)
    for _ in 0..<20 {
      wire.wait(.seconds(4.8))
      wire.receive(piece)
    }
    #expect(wire.statuses == [200])
  }

  @Test func `a body that finds no memory waits, then gets 503`() {
    var wire = Wire()
    wire.receive(longPost + "x")
    wire.connection.setStarved(true, at: wire.now)
    #expect(!wire.connection.wantsInput)
    wire.wait(configuration.bufferWaitTimeout - .seconds(1))
    wire.connection.setStarved(false, at: wire.now)
    #expect(wire.connection.wantsInput && wire.statuses.isEmpty)
    wire.connection.setStarved(true, at: wire.now)
    wire.wait(configuration.bufferWaitTimeout)
    #expect(wire.statuses == [503])
  }

  @Test func `waiting for memory is not the client's fault`() {
    var wire = Wire()
    wire.receive(longPost)
    for _ in 0..<10 {
      wire.connection.setStarved(true, at: wire.now)
      wire.wait(.seconds(4))
      wire.connection.setStarved(false, at: wire.now)
    }
    wire.wait(.seconds(14))
    #expect(wire.statuses.isEmpty)
  }

  @Test func `a running request has no deadline here`() {
    var wire = Wire(answersAtOnce: false)
    wire.receive(get)
    #expect(wire.connection.deadline == nil)
    wire.wait(.seconds(3600))
    #expect(!wire.isClosed)
  }

  @Test func `a client that takes nothing is cut`() {
    var wire = Wire()
    wire.takesOutput = false
    wire.receive(get)
    wire.wait(.seconds(29))
    wire.take(1)
    wire.wait(.seconds(29))
    #expect(!wire.isClosed)
    wire.wait(.seconds(1))
    #expect(wire.isClosed && wire.records.first?.isDelivered == false)
  }

  @Test func `a drain lets idle connections finish what is on its way`() {
    var wire = Wire()
    wire.wait(.seconds(30))
    wire.connection.drain(at: wire.now)
    wire.wait(.seconds(1))
    #expect(!wire.isClosed)
    var served = wire
    served.receive(get)
    #expect(served.text.contains("connection: close\r\n") && served.hasShutDown)
    wire.wait(.milliseconds(500))
    #expect(wire.isClosed)
  }

  @Test func `a drain makes the answer under way the last`() {
    var wire = Wire(answersAtOnce: false)
    wire.receive(get + get)
    wire.connection.drain(at: wire.now)
    wire.respond(Response(.ok))
    #expect(wire.statuses == [200] && wire.requests.count == 1 && wire.hasShutDown)
  }
}
