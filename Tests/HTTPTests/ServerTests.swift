import Foundation
import Glibc
import HTTP
import TestSupport
import Testing

@Suite(.serialized, .timeLimit(.minutes(2))) struct ServerTests {
  private let handler = TestHandler()

  private static func post(_ fields: String, _ body: String = "") -> String {
    "POST /echo HTTP/1.1\r\nHost: a\r\n\(fields)\r\n\r\n\(body)"
  }

  private static func get(_ path: String) -> String { "GET \(path) HTTP/1.1\r\nHost: a\r\n\r\n" }

  @Test func `requests follow each other on a connection, pipelined or not`() async throws {
    let replies = try await handler.withServer { address in
      let client = SocketClient(address)
      client.send(Self.get("/"))
      let first = client.receiveReply()
      client.send(Self.post("Content-Length: 3", "one") + Self.post("Content-Length: 3", "two"))
      client.send(
        Self.get("/none") + Self.post("Transfer-Encoding: chunked", "1\r\nx\r\n0\r\n\r\n"))
      return [first] + (0..<4).map { _ in client.receiveReply() }
    }
    #expect(replies.map { $0?.status } == [200, 200, 200, 404, 200])
    #expect(replies.map { $0?.body ?? "" }.prefix(3) == ["hello", "one", "two"])
    #expect(replies.last??.body == "x")
  }

  @Test func `a request and its record have the client's address`() async throws {
    try await reportsClient(at: "127.0.0.1")
  }

  @Test(
    .enabled(
      if: FileManager.default.fileExists(atPath: "/proc/net/if_inet6"),
      "NOT TESTED: the kernel speaks no version 6 of IP"))
  func `a dual-stack server reports an IPv4 client by its IPv4 address`() async throws {
    try await reportsClient(at: "::")
  }

  private func reportsClient(at host: String) async throws {
    let server = try Server(at: .tcp(host: host, port: 0), handler: handler)
    await Blocking.run { [address = server.address] in
      let stranger = SocketClient(address)
      stranger.send("nonsense\r\n\r\n")
      _ = stranger.receiveAll()
      let client = SocketClient(address)
      client.send(Self.get("/"))
      _ = client.receiveReply()
    }
    #expect(await handler.observations.wait { $0.records.count == 2 })
    let records = handler.observations.records
    #expect(records.map { $0.remoteAddress?.description } == ["127.0.0.1", "127.0.0.1"])
    let heads = records.compactMap(\.head)
    #expect(heads.map { $0.remoteAddress?.description } == ["127.0.0.1"])
    server.stop()
  }

  @Test(arguments: [false, true])
  func `413 can be read while the body is still being sent`(isChunked: Bool) async throws {
    let replies = try await handler.withServer { address in
      (0..<10).map { _ in
        let client = SocketClient(address)
        client.send(Self.post(isChunked ? "Transfer-Encoding: chunked" : "Content-Length: 8000000"))
        let piece = [UInt8](repeating: 0x78, count: 64 << 10)
        for _ in 0..<50 {
          if isChunked { client.send("10000\r\n") }
          client.send(piece)
          if isChunked { client.send("\r\n") }
        }
        return client.receiveReply()
      }
    }
    #expect(replies.allSatisfy { $0?.status == 413 })
    #expect(replies.allSatisfy { $0?.head.contains("connection: close") == true })
  }

  @Test func `100 Continue is sent only if the body is accepted`() async throws {
    let replies = try await handler.withServer { address in
      ["good", "bad"].map { key in
        let client = SocketClient(address)
        client.send(
          Self.post("Content-Length: 3\r\nExpect: 100-continue\r\nAuthorization: \(key)"))
        var replies = [client.receiveReply()]
        if replies.first??.status == 100 {
          client.send("abc")
          replies.append(client.receiveReply())
        }
        return replies.map { $0?.status }
      }
    }
    #expect(replies == [[100, 200], [401]])
  }

  @Test func `a stream arrives in chunks, a failed one without its last chunk`() async throws {
    let replies = try await handler.withServer { address in
      ["/events", "/cut"].map { path in
        let client = SocketClient(address)
        client.send("GET \(path) HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n")
        return client.receiveAll()
      }
    }
    #expect(replies[0].contains("15\r\nevent: step\ndata: 2\n\n\r\n0\r\n\r\n"))
    #expect(replies[1].hasSuffix("1\r\nx\r\n"))
  }

  @Test func `an interim response precedes the answer`() async throws {
    let statuses = try await handler.withServer { address in
      let client = SocketClient(address)
      client.send(Self.get("/sleep/10"))
      return [client.receiveReply()?.status, client.receiveReply()?.status]
    }
    #expect(statuses == [102, 200])
  }

  @Test(arguments: ["FIN", "RST", "half-close"])
  func `a request learns at once that its client left`(_ way: String) async throws {
    let server = try handler.serve()
    var (delays, answers) = ([Duration](), [Duration]())
    for round in 1...20 {
      let (answer, left) = await Blocking.run {
        let client = SocketClient(server.address)
        let start = ContinuousClock.now
        client.send(Self.get("/"))
        _ = client.receiveReply()
        let answer = ContinuousClock.now - start
        client.send(Self.get("/sleep/60000"))
        _ = client.receiveReply()
        if way == "RST" { client.leave(.reset) }
        let left = ContinuousClock.now
        if way == "half-close" {
          client.leave(.halfClose)
          _ = client.receiveAll()
        }
        return (answer, left)
      }
      answers.append(answer)
      try #require(await handler.observations.wait { $0.cancellations.count == round })
      delays.append(handler.observations.cancellations[round - 1] - left)
    }
    // Within 100 ms, or as fast as a busy machine answers; the median, since a single thread may be delayed for longer.
    #expect(delays.sorted()[10] < max(.milliseconds(100), answers.sorted()[10] * 10))
    server.stop()
    await server.waitUntilEnded()
    let left = handler.observations.records.filter { $0.status == nil }
    #expect(left.count == 20 && left.allSatisfy { !$0.isDelivered })
  }

  @Test func `a stream waits for a slow client and ends when it leaves`() async throws {
    let server = try handler.serve()
    let client = await Blocking.run {
      let client = SocketClient(server.address, receiveBufferBytes: 64 << 10)
      client.send(Self.get("/flood"))
      _ = client.receive()
      return client
    }
    var written = 0
    let waits = try await eventually {
      let before = written
      try await Task.sleep(for: .milliseconds(300))
      written = handler.observations.started
      return written == before && written > 0
    }
    #expect(waits && written < 200, "the producer runs ahead: \(written) pieces")
    await Blocking.run { client.leave(.halfClose) }
    #expect(await handler.observations.wait { $0.cancellations.count == 1 })
    server.stop()
    await server.waitUntilEnded()
  }

  @Test func `slow heads get 408 while another client is answered`() async throws {
    var configuration = ServerConfiguration()
    configuration.headTimeout = .seconds(2)
    let (slow, fast) = try await handler.withServer(configuration) { address in
      let slow = (0..<50).map { _ in SocketClient(address) }
      for client in slow { client.send("GET / HT") }
      let client = SocketClient(address)
      let fast = (0..<50).map { _ in
        client.send(Self.get("/"))
        return client.receiveReply()?.status
      }
      return (slow.map { $0.receiveReply()?.status }, fast)
    }
    #expect(slow.allSatisfy { $0 == 408 })
    #expect(fast.allSatisfy { $0 == 200 })
  }

  @Test func `a body beyond the memory budget gets 503 and another is read`() async throws {
    var configuration = ServerConfiguration()
    configuration.maxBufferedBytes = 300_000
    configuration.bufferWaitTimeout = .milliseconds(300)
    let (first, second, third) = try await handler.withServer(configuration) { address in
      let clients = (0..<2).map { _ in SocketClient(address) }
      let half = [UInt8](repeating: 0x78, count: 400_000)
      for client in clients { client.send(Self.post("Content-Length: 800000")) }
      clients[0].send(half)
      clients[1].send(half)
      let statuses = clients.map { $0.receiveReply()?.status }
      let third = SocketClient(address)
      third.send(Self.post("Content-Length: 200000", String(repeating: "y", count: 200_000)))
      return (statuses[0], statuses[1], third.receiveReply()?.status)
    }
    #expect([first, second].contains(503))
    #expect(third == 200)
  }

  @Test func `idle connections are evicted for new ones`() async throws {
    var configuration = ServerConfiguration()
    configuration.maxConnections = 10
    let statuses = try await handler.withServer(configuration) { address in
      (0..<30).map { _ in
        let client = SocketClient(address)
        client.send(Self.get("/"))
        return (client, client.receiveReply()?.status)
      }.map(\.1)
    }
    #expect(statuses.allSatisfy { $0 == 200 })
  }

  @Test func `a drain answers running requests and then ends`() async throws {
    var configuration = ServerConfiguration()
    configuration.drainIdleTimeout = .seconds(30)
    let server = try handler.serve(configuration)
    let address = server.address
    let idle = await Blocking.run {
      let client = SocketClient(address)
      client.send(Self.get("/"))
      _ = client.receiveReply()
      return client
    }
    async let answer = Blocking.run {
      let client = SocketClient(address)
      client.send(Self.get("/held"))
      _ = client.receiveReply()
      return client.receiveReply()
    }
    #expect(await handler.observations.wait { $0.started == 1 })
    server.drain()
    let last = await Blocking.run {
      idle.send(Self.get("/"))
      return idle.receiveReply()
    }
    #expect(last?.status == 200 && last?.head.contains("connection: close") == true)
    handler.observations.release()
    #expect(await answer?.head.contains("connection: close") == true)
    await server.waitUntilEnded()
    let refused = await Blocking.run { SocketClient(address).send(Self.get("/")) }
    #expect(!refused)
  }

  @Test func `a drain loses no request of a client that has connected`() async throws {
    for _ in 0..<10 {
      let server = try handler.serve()
      let statuses = await Blocking.run {
        let clients = (0..<100).map { _ in SocketClient(server.address) }
        for client in clients { client.send(Self.post("Content-Length: 3", "abc")) }
        server.drain()
        return clients.map { $0.receiveReply()?.status }
      }
      #expect(statuses.allSatisfy { $0 == 200 })
      await server.waitUntilEnded()
    }
  }

  @Test func `a unix socket serves, and its file is removed at the end`() async throws {
    let folder = try TemporaryFolder()
    let file = folder.url("http.sock")
    let path = file.path
    for _ in 0..<2 {
      let server = try Server(at: .unix(path: path), handler: handler)
      #expect(throws: HTTPError.self) { try Server(at: .unix(path: path), handler: handler) }
      let status = await Blocking.run {
        let client = SocketClient(.unix(path: path))
        client.send(Self.get("/"))
        return client.receiveReply()?.status
      }
      #expect(status == 200)
      server.stop()
      await server.waitUntilEnded()
    }
    #expect(unsafe access(path, F_OK) != 0)
  }

  @Test func `a file that is not a socket is left alone`() throws {
    let folder = try TemporaryFolder()
    let file = folder.url("http.txt")
    try Data("mine".utf8).write(to: file)
    defer { try? FileManager.default.removeItem(at: file) }
    let error = #expect(throws: HTTPError.self) {
      try Server(at: .unix(path: file.path), handler: handler)
    }
    #expect(error?.code == .system(errno: EADDRINUSE))
    #expect(try Data(contentsOf: file) == Data("mine".utf8))
  }

  @Test func `an address in use is an error`() throws {
    let server = try handler.serve()
    let error = #expect(throws: HTTPError.self) { try Server(at: server.address, handler: handler) }
    #expect(error?.code == .system(errno: EADDRINUSE))
    server.stop()
  }
}
