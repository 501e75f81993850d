import Foundation
import Glibc
import HTTP
import Synchronization
import Testing
import Text

/// Decisions that are made off the event loop.
@Suite(.serialized, .timeLimit(.minutes(1))) struct DeferredAdmissionTests {
  /// Decides when told to: accepts, refuses, or streams.
  private final class Site: Handler {
    let waiting = Atomic(0)
    let left = Atomic(0)
    private let isOpen = Atomic(false)

    func open() { isOpen.store(true, ordering: .relaxed) }

    /// Waits until a decision is asked for.
    func waitForQuestion() { while waiting.load(ordering: .relaxed) == 0 { usleep(1000) } }

    private func pass() async throws {
      waiting.add(1, ordering: .relaxed)
      while !isOpen.load(ordering: .relaxed) {
        do {
          try await Task.sleep(for: .milliseconds(5))
        } catch {
          left.add(1, ordering: .relaxed)
          throw error
        }
      }
    }

    func admit(_ head: RequestHead) throws -> Admission {
      switch head.target.segments.first {
      case "echo":
        .deferred { [self] in
          try await pass()
          return .accept(bodyLimit: 64) { request, _ in Response(.ok, body: .bytes(request.body)) }
        }
      case "refuse":
        .deferred { [self] in
          try await pass()
          throw HTTPError(.notFound, "not for you")
        }
      case "stream":
        .deferred { [self] in
          try await pass()
          return .deferred { .respond(.events { try await $0.send(event: "a", data: "b") }) }
        }
      default: .respond(Response(.ok, text: "at once"))
      }
    }
  }

  private let site = Site()

  private func visit<Value: Sendable>(
    _ body: @escaping @Sendable (BindAddress) -> Value
  ) async throws -> Value {
    let server = try Server(at: .tcp(host: "127.0.0.1", port: 0), handler: site)
    let value = await SocketClient.run { body(server.address) }
    server.stop()
    await server.waitUntilEnded()
    return value
  }

  private static func post(_ path: String, _ fields: String, _ body: String = "") -> String {
    "POST \(path) HTTP/1.1\r\nHost: a\r\n\(fields)\r\n\r\n\(body)"
  }

  @Test func `others are answered while a decision is awaited, and then it is carried out`()
    async throws
  {
    let replies = try await visit { [site] address in
      let first = SocketClient(address)
      first.send(
        Self.post("/echo", "Content-Length: 3", "one")
          + Self.post("/echo", "Content-Length: 3", "two"))
      site.waitForQuestion()
      let other = SocketClient(address)
      other.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n")
      let atOnce = other.receiveReply()
      let waited = site.waiting.load(ordering: .relaxed)
      site.open()
      return [atOnce?.body, "\(waited)", first.receiveReply()?.body, first.receiveReply()?.body]
    }
    #expect(replies == ["at once", "1", "one", "two"])
  }

  @Test func `a client is told to continue only once it was decided`() async throws {
    let received = try await visit { [site] address in
      let client = SocketClient(address)
      client.send(Self.post("/echo", "Content-Length: 3\r\nExpect: 100-continue"))
      site.waitForQuestion()
      let start = ContinuousClock.now
      Thread.detachNewThread {
        usleep(200_000)
        site.open()
      }
      let interim = client.receiveReply()
      let time = ContinuousClock.now - start
      client.send("abc")
      return (interim?.status, time, client.receiveReply()?.body)
    }
    #expect(received.0 == 100 && received.1 > .milliseconds(150) && received.2 == "abc")
  }

  @Test func `a decision may refuse or stream, and a refusal is the last answer`() async throws {
    site.open()
    let replies = try await visit { address in
      ["/refuse", "/stream", "/echo"].map { path in
        let client = SocketClient(address)
        client.send(Self.post(path, "Content-Length: \(path == "/echo" ? 65 : 3000)"))
        return client.receiveReply()
      }
    }
    #expect(replies.map { $0?.status } == [404, 200, 413])
    #expect(replies[0]?.head.contains("connection: close") == true)
  }

  @Test func `the decision for a client that left is cancelled`() async throws {
    try await visit { [site] address in
      do {
        let client = SocketClient(address)
        client.send(Self.post("/echo", "Content-Length: 3", "one"))
        site.waitForQuestion()
      }
      for _ in 0..<2000 where site.left.load(ordering: .relaxed) == 0 { usleep(5000) }
    }
    #expect(site.left.load(ordering: .relaxed) == 1)
  }
}
