import HTTP
import TestSupport
import Testing
import Text

@Suite(.serialized, .timeLimit(.minutes(2))) struct ServerLoadTests {
  @Test func `200 requests in flight and 1000 idle connections are all served`() async throws {
    let handler = TestHandler()
    let replies = try await handler.withServer { address in
      let idle = (0..<1000).map { _ in SocketClient(address) }
      let busy = (0..<200).map { _ in SocketClient(address) }
      for client in busy { client.send("GET /held HTTP/1.1\r\nHost: a\r\n\r\n") }
      // All are told that they are being answered before any of them is.
      let interim = busy.map { $0.receiveReply()?.status }
      for client in idle { client.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n") }
      let visits = idle.map { $0.receiveReply()?.status }
      handler.observations.release()
      return (interim: interim, idle: visits, busy: busy.map { $0.receiveReply()?.status })
    }
    #expect(replies.interim == Array(repeating: 102, count: 200))
    #expect(replies.idle == Array(repeating: 200, count: 1000))
    #expect(replies.busy == Array(repeating: 200, count: 200))
  }

  @Test func `large bodies arrive whole on many connections at once`() async throws {
    let server = try TestHandler().serve()
    let body = [UInt8](repeating: 0x61, count: 1 << 20)
    let intact = await withTaskGroup(of: Bool.self) { group in
      for _ in 0..<16 {
        group.addTask {
          await Blocking.run {
            let client = SocketClient(server.address)
            client.send("POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: \(body.count)\r\n\r\n")
            client.send(body)
            return client.receiveReply()?.body.utf8.elementsEqual(body) == true
          }
        }
      }
      return await group.allSatisfy { $0 }
    }
    #expect(intact)
    server.stop()
    await server.waitUntilEnded()
  }
}
