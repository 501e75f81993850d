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
      for client in busy { client.send("GET /sleep/500 HTTP/1.1\r\nHost: a\r\n\r\n") }
      let busyReplies = busy.map { client in
        [client.receiveReply()?.status, client.receiveReply()?.status]
      }
      for client in idle { client.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n") }
      return (busy: busyReplies, idle: idle.map { $0.receiveReply()?.status })
    }
    #expect(replies.busy.allSatisfy { $0 == [102, 200] })
    #expect(replies.idle.allSatisfy { $0 == 200 })
    let slept = handler.observations.records.filter { $0.head?.target.segments.first == "sleep" }
    #expect(slept.count == 200)
    // Served one after the other, each would have started after the one before had finished.
    let firstFinish = slept.map(\.finishedAt).min() ?? .now
    #expect(slept.count { $0.startedAt < firstFinish } > 100, "no request waits for another")
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
