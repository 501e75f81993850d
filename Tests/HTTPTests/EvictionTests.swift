import HTTP
import TestSupport
import Testing

/// The choice of connections to close if there is no room for another.
@Suite(.serialized, .timeLimit(.minutes(2))) struct EvictionTests {
  private static let get = "GET / HTTP/1.1\r\nHost: a\r\n\r\n"
  private static let halfHead = "G"
  private static let halfBody = "POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 9\r\n\r\nx"
  /// Is answered before its body has arrived, so that its connection lingers.
  private static let refused =
    "POST /echo HTTP/1.1\r\nHost: a\r\nAuthorization: bad\r\nContent-Length: 9\r\n\r\nx"
  private static let running = "GET /held HTTP/1.1\r\nHost: a\r\n\r\n"

  private func configuration(_ change: (inout ServerConfiguration) -> Void) -> ServerConfiguration {
    var configuration = ServerConfiguration()
    change(&configuration)
    return configuration
  }

  @Test(arguments: [halfHead, halfBody, refused, ""])
  func `with all connections open, new clients are answered before any time is up`(_ text: String)
    async throws
  {
    // Longer than a client waits.
    let full = configuration {
      $0.maxConnections = 20
      for time in [
        \ServerConfiguration.headTimeout, \.bodyIdleTimeout, \.idleTimeout, \.lingerTimeout,
        \.lingerIdleTimeout,
      ] { $0[keyPath: time] = .seconds(600) }
    }
    let statuses = try await TestHandler().withServer(full) { address in
      let crowd = (0..<60).map { _ in SocketClient(address) }
      for client in crowd { client.send(text) }
      return (0..<20).map { _ -> Int? in
        let client = SocketClient(address)
        client.send(Self.get)
        return client.receiveReply()?.status
      }
    }
    #expect(statuses == Array(repeating: 200, count: 20))
  }

  @Test func `a running request stays, and a lingering connection goes before half a head`()
    async throws
  {
    let full = configuration { $0.maxConnections = 4 }
    let handler = TestHandler()
    let (slept, late, half) = try await handler.withServer(full) { address in
      let busy = SocketClient(address)
      busy.send(Self.running)
      _ = busy.receiveReply()
      let half = SocketClient(address)
      half.send("GET / HTTP/1.1\r\n")
      let lingering = (0..<2).map { _ in SocketClient(address) }
      for client in lingering {
        client.send(Self.refused)
        _ = client.receiveReply()
      }
      let late = SocketClient(address)
      late.send(Self.get)
      let status = late.receiveReply()?.status
      half.send("Host: a\r\n\r\n")
      handler.observations.release()
      return (busy.receiveReply()?.status, status, half.receiveReply()?.status)
    }
    #expect(slept == 200 && late == 200 && half == 200)
  }

  @Test func `a connection beyond an address's limit evicts one of the same address`() async throws
  {
    let full = configuration { $0.maxConnectionsPerAddress = 5 }
    let handler = TestHandler()
    let (late, beyond, busy) = try await handler.withServer(full) { address in
      let halves = (0..<5).map { _ in SocketClient(address) }
      for client in halves { client.send(Self.halfHead) }
      let late = SocketClient(address)
      late.send(Self.get)
      let status = late.receiveReply()?.status
      // One after another: a connection that has sent nothing yet may go for the next one.
      let busy = (0..<5).map { _ in
        let client = SocketClient(address)
        client.send(Self.running)
        _ = client.receiveReply()
        return client
      }
      // All are being answered, so that nobody can go.
      let beyond = SocketClient(address)
      beyond.send(Self.get)
      let refused = beyond.receiveReply()?.status
      handler.observations.release()
      return (status, refused, busy.map { $0.receiveReply()?.status })
    }
    #expect(late == 200 && beyond == nil)
    #expect(busy == Array(repeating: 200, count: 5))
  }
}
