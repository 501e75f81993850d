import Foundation
import Glibc
import HTTP
import Testing

@Suite(.serialized, .timeLimit(.minutes(2))) struct ServerTests {
  private let site = TestSite()

  /// What a client saw of a server, the server stopped after.
  private func visit<Value: Sendable>(
    _ configuration: ServerConfiguration = ServerConfiguration(),
    _ body: @escaping @Sendable (BindAddress) -> Value
  ) async throws -> Value {
    let server = try site.serve(configuration)
    let value = await SocketClient.run { body(server.address) }
    server.stop()
    await server.waitUntilEnded()
    return value
  }

  private static func post(_ fields: String, _ body: String = "") -> String {
    "POST /echo HTTP/1.1\r\nHost: a\r\n\(fields)\r\n\r\n\(body)"
  }

  private static func get(_ path: String) -> String { "GET \(path) HTTP/1.1\r\nHost: a\r\n\r\n" }

  @Test func `requests follow each other on a connection, pipelined or not`() async throws {
    let replies = try await visit { address in
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

  @Test func `a server knows who connected`() async throws { try await knowsWho(at: "127.0.0.1") }

  @Test(
    .enabled(
      if: FileManager.default.fileExists(atPath: "/proc/net/if_inet6"),
      "NOT TESTED: the kernel speaks no version 6 of IP"))
  func `a server of version 6 knows who connected in version 4`() async throws {
    try await knowsWho(at: "::")
  }

  private func knowsWho(at host: String) async throws {
    let server = try Server(at: .tcp(host: host, port: 0), handler: site)
    await SocketClient.run { [address = server.address] in
      let stranger = SocketClient(address)
      stranger.send("nonsense\r\n\r\n")
      _ = stranger.receiveAll()
      let client = SocketClient(address)
      client.send(Self.get("/"))
      _ = client.receiveReply()
    }
    #expect(await site.observations.wait { $0.records.count == 2 })
    let records = site.observations.records
    #expect(records.map { $0.remoteAddress?.description } == ["127.0.0.1", "127.0.0.1"])
    let heads = records.compactMap(\.head)
    #expect(heads.map { $0.remoteAddress?.description } == ["127.0.0.1"])
    server.stop()
  }

  @Test(arguments: [false, true])
  func `413 can be read while the body is still being sent`(isChunked: Bool) async throws {
    let replies = try await visit { address in
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

  @Test func `a client is told to continue only when its body is wanted`() async throws {
    let replies = try await visit { address in
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

  @Test func `a stream arrives in chunks, a broken one without its end`() async throws {
    let replies = try await visit { address in
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
    let statuses = try await visit { address in
      let client = SocketClient(address)
      client.send(Self.get("/sleep/10"))
      return [client.receiveReply()?.status, client.receiveReply()?.status]
    }
    #expect(statuses == [102, 200])
  }

  @Test(arguments: ["FIN", "RST", "half-close"])
  func `a request learns within 100 ms that its client left`(_ way: String) async throws {
    let server = try site.serve()
    for round in 1...20 {
      await SocketClient.run {
        let client = SocketClient(server.address)
        client.send(Self.get("/sleep/60000"))
        _ = client.receiveReply()
        if way == "RST" { client.resetOnClose() }
        if way == "half-close" {
          client.shutDownSending()
          _ = client.receiveAll()
        }
      }
      #expect(await site.observations.wait { $0.cancelled == round })
    }
    server.stop()
    await server.waitUntilEnded()
    #expect(site.observations.records.count == 20)
    #expect(site.observations.records.allSatisfy { !$0.isDelivered && $0.status == nil })
  }

  @Test func `a stream waits for its client and ends when that leaves`() async throws {
    let server = try site.serve()
    let client = await SocketClient.run {
      let client = SocketClient(server.address, receiveBufferBytes: 64 << 10)
      client.send(Self.get("/flood"))
      _ = client.receive()
      return client
    }
    try await Task.sleep(for: .milliseconds(300))
    let written = site.observations.started
    try await Task.sleep(for: .milliseconds(300))
    #expect(site.observations.started == written, "the producer does not run ahead")
    #expect(written < 200)
    await SocketClient.run { client.shutDownSending() }
    #expect(await site.observations.wait { $0.cancelled == 1 })
    server.stop()
    await server.waitUntilEnded()
  }

  @Test func `slow heads get 408 and nobody else notices`() async throws {
    var configuration = ServerConfiguration()
    configuration.headTimeout = .milliseconds(500)
    let (slow, fast) = try await visit(configuration) { address in
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

  @Test func `bodies beyond the memory for them get 503, and others go on`() async throws {
    var configuration = ServerConfiguration()
    configuration.maxBufferedBytes = 300_000
    configuration.bufferWaitTimeout = .milliseconds(300)
    let (first, second, third) = try await visit(configuration) { address in
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

  @Test func `idle connections make room for new ones`() async throws {
    var configuration = ServerConfiguration()
    configuration.maxConnections = 10
    let statuses = try await visit(configuration) { address in
      (0..<30).map { _ in
        let client = SocketClient(address)
        client.send(Self.get("/"))
        return (client, client.receiveReply()?.status)
      }.map(\.1)
    }
    #expect(statuses.allSatisfy { $0 == 200 })
  }

  @Test func `a drain answers what is under way and then ends`() async throws {
    var configuration = ServerConfiguration()
    configuration.drainIdleTimeout = .milliseconds(300)
    let server = try site.serve(configuration)
    let address = server.address
    let idle = await SocketClient.run {
      let client = SocketClient(address)
      client.send(Self.get("/"))
      _ = client.receiveReply()
      return client
    }
    async let answer = SocketClient.run {
      let client = SocketClient(address)
      client.send(Self.get("/sleep/500"))
      _ = client.receiveReply()
      return client.receiveReply()
    }
    #expect(await site.observations.wait { $0.started == 1 })
    server.drain()
    let last = await SocketClient.run {
      idle.send(Self.get("/"))
      return idle.receiveReply()
    }
    #expect(last?.status == 200 && last?.head.contains("connection: close") == true)
    #expect(await answer?.head.contains("connection: close") == true)
    await server.waitUntilEnded()
    let refused = await SocketClient.run { SocketClient(address).send(Self.get("/")) }
    #expect(!refused)
  }

  @Test func `a drain loses no request of a client that has connected`() async throws {
    for _ in 0..<10 {
      let server = try site.serve()
      let statuses = await SocketClient.run {
        let clients = (0..<100).map { _ in SocketClient(server.address) }
        for client in clients { client.send(Self.post("Content-Length: 3", "abc")) }
        server.drain()
        return clients.map { $0.receiveReply()?.status }
      }
      #expect(statuses.allSatisfy { $0 == 200 })
      await server.waitUntilEnded()
    }
  }

  @Test func `a socket in the file system serves, and its file goes with it`() async throws {
    let file = FileManager.default.temporaryDirectory.appending(path: "http-\(getpid()).sock")
    let path = file.path
    for _ in 0..<2 {
      let server = try Server(at: .unix(path: path), handler: site)
      #expect(throws: HTTPError.self) { try Server(at: .unix(path: path), handler: site) }
      let status = await SocketClient.run {
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

  @Test func `a file that is no socket is left alone`() throws {
    let file = FileManager.default.temporaryDirectory.appending(path: "http-\(getpid()).txt")
    try Data("mine".utf8).write(to: file)
    defer { try? FileManager.default.removeItem(at: file) }
    let error = #expect(throws: HTTPError.self) {
      try Server(at: .unix(path: file.path), handler: site)
    }
    #expect(error?.code == .system(errno: EADDRINUSE))
    #expect(try Data(contentsOf: file) == Data("mine".utf8))
  }

  @Test func `an address in use is an error`() throws {
    let server = try site.serve()
    let error = #expect(throws: HTTPError.self) { try Server(at: server.address, handler: site) }
    #expect(error?.code == .system(errno: EADDRINUSE))
    server.stop()
  }
}
