import HTTP
import Testing

/// Who goes where there is no room for another.
@Suite(.serialized, .timeLimit(.minutes(2))) struct RoomTests {
  private static let get = "GET / HTTP/1.1\r\nHost: a\r\n\r\n"
  private static let halfHead = "G"
  private static let halfBody = "POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 9\r\n\r\nx"
  /// Is answered, and then read from for a while.
  private static let refused =
    "POST /echo HTTP/1.1\r\nHost: a\r\nAuthorization: bad\r\nContent-Length: 9\r\n\r\nx"
  private static let running = "GET /sleep/3000 HTTP/1.1\r\nHost: a\r\n\r\n"

  private func configuration(_ change: (inout ServerConfiguration) -> Void) -> ServerConfiguration {
    var configuration = ServerConfiguration()
    change(&configuration)
    return configuration
  }

  @Test(arguments: [halfHead, halfBody, refused, ""])
  func `a full table makes room for newcomers at once`(_ text: String) async throws {
    let server = try TestSite().serve(configuration { $0.maxConnections = 20 })
    let (statuses, seconds) = await SocketClient.run {
      let crowd = (0..<60).map { _ in SocketClient(server.address) }
      for client in crowd { client.send(text) }
      let start = ContinuousClock.now
      let statuses = (0..<20).map { _ -> Int? in
        let client = SocketClient(server.address)
        client.send(Self.get)
        return client.receiveReply()?.status
      }
      return (statuses, (ContinuousClock.now - start) / .seconds(1))
    }
    #expect(statuses == Array(repeating: 200, count: 20))
    #expect(seconds < 2)
    server.stop()
    await server.waitUntilEnded()
  }

  @Test func `what is answered stays, and what lingers goes before half a head`() async throws {
    let site = TestSite()
    let server = try site.serve(configuration { $0.maxConnections = 4 })
    let (slept, late, half) = await SocketClient.run {
      let busy = SocketClient(server.address)
      busy.send(Self.running)
      _ = busy.receiveReply()
      let half = SocketClient(server.address)
      half.send("GET / HTTP/1.1\r\n")
      let lingering = (0..<2).map { _ in SocketClient(server.address) }
      for client in lingering {
        client.send(Self.refused)
        _ = client.receiveReply()
      }
      let late = SocketClient(server.address)
      late.send(Self.get)
      let status = late.receiveReply()?.status
      half.send("Host: a\r\n\r\n")
      return (busy.receiveReply()?.status, status, half.receiveReply()?.status)
    }
    #expect(slept == 200 && late == 200 && half == 200)
    server.stop()
    await server.waitUntilEnded()
  }

  @Test func `one address has so many connections, of which its own make room`() async throws {
    let server = try TestSite().serve(configuration { $0.maxConnectionsPerAddress = 5 })
    let (late, beyond, busy) = await SocketClient.run {
      let halves = (0..<5).map { _ in SocketClient(server.address) }
      for client in halves { client.send(Self.halfHead) }
      let late = SocketClient(server.address)
      late.send(Self.get)
      let status = late.receiveReply()?.status
      let busy = (0..<5).map { _ in SocketClient(server.address) }
      for client in busy {
        client.send(Self.running)
        _ = client.receiveReply()
      }
      // All are being answered, so that nobody can go.
      let beyond = SocketClient(server.address)
      beyond.send(Self.get)
      let refused = beyond.receiveReply()?.status
      return (status, refused, busy.map { $0.receiveReply()?.status })
    }
    #expect(late == 200 && beyond == nil)
    #expect(busy == Array(repeating: 200, count: 5))
    server.stop()
    await server.waitUntilEnded()
  }
}
