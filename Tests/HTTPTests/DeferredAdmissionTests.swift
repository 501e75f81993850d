import Foundation
import Glibc
import HTTP
import Synchronization
import TestSupport
import Testing
import Text

/// Admission decisions that are made off the event loop.
@Suite(.serialized, .timeLimit(.minutes(1))) struct DeferredAdmissionTests {
  /// Accepts, refuses or streams, once it is told to decide.
  private final class DeferringHandler: Handler {
    let waiting = Atomic(0)
    let left = Atomic(0)
    private let isOpen = Atomic(false)

    func open() { isOpen.store(true, ordering: .relaxed) }

    /// Waits until a request awaits a decision.
    func waitForRequest() { #expect(Blocking.eventually { waiting.load(ordering: .relaxed) > 0 }) }

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

  private let handler = DeferringHandler()

  private static func post(_ path: String, _ fields: String, _ body: String = "") -> String {
    "POST \(path) HTTP/1.1\r\nHost: a\r\n\(fields)\r\n\r\n\(body)"
  }

  @Test func `other requests are answered while a decision is deferred`()
    async throws
  {
    let replies = try await handler.withServer { [handler] address in
      let first = SocketClient(address)
      first.send(
        Self.post("/echo", "Content-Length: 3", "one")
          + Self.post("/echo", "Content-Length: 3", "two"))
      handler.waitForRequest()
      let other = SocketClient(address)
      other.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n")
      let atOnce = other.receiveReply()
      let waited = handler.waiting.load(ordering: .relaxed)
      handler.open()
      return [atOnce?.body, "\(waited)", first.receiveReply()?.body, first.receiveReply()?.body]
    }
    #expect(replies == ["at once", "1", "one", "two"])
  }

  @Test func `100 Continue waits for a deferred decision`() async throws {
    let received = try await handler.withServer { [handler] address in
      let client = SocketClient(address)
      client.send(Self.post("/echo", "Content-Length: 3\r\nExpect: 100-continue"))
      handler.waitForRequest()
      let start = ContinuousClock.now
      Thread.detachNewThread {
        usleep(200_000)
        handler.open()
      }
      let interim = client.receiveReply()
      let time = ContinuousClock.now - start
      client.send("abc")
      return (interim?.status, time, client.receiveReply()?.body)
    }
    #expect(received.0 == 100 && received.1 > .milliseconds(150) && received.2 == "abc")
  }

  @Test func `a deferred decision may refuse, stream or accept`() async throws {
    handler.open()
    let replies = try await handler.withServer { address in
      ["/refuse", "/stream", "/echo"].map { path in
        let client = SocketClient(address)
        client.send(Self.post(path, "Content-Length: \(path == "/echo" ? 65 : 3000)"))
        return client.receiveReply()
      }
    }
    #expect(replies.map { $0?.status } == [404, 200, 413])
    #expect(replies[0]?.head.contains("connection: close") == true)
  }

  @Test func `a deferred decision is cancelled if the client leaves`() async throws {
    try await handler.withServer { [handler] address in
      do {
        let client = SocketClient(address)
        client.send(Self.post("/echo", "Content-Length: 3", "one"))
        handler.waitForRequest()
      }
      #expect(Blocking.eventually { handler.left.load(ordering: .relaxed) == 1 })
    }
  }
}
