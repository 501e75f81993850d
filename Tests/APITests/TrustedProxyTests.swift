import API
import Foundation
import HTTP
import TestSupport
import Testing

/// Addresses and ids of requests as trusted and other proxies report them.
@Suite struct TrustedProxyTests {
  private let lines = SocketTests.Lines()

  /// Returns the log line and the response of a request with some fields.
  private func exchange(
    _ fields: [String], trusting items: [String]
  ) async throws -> (client: String?, id: String?, answer: String) {
    let log = AccessLog { [lines] in lines.add($0) }
    let proxies = try #require(TrustedProxies(items))
    let site = try TestSite(log: log) { $0.trustedProxies = proxies }
    let server = try Server(at: .tcp(host: "127.0.0.1", port: 0), handler: site.service)
    defer { server.stop() }
    guard case .tcp(_, let port) = server.address else { throw CancellationError() }
    let text = (["GET /healthz HTTP/1.1", "host: x", "connection: close"] + fields)
      .joined(separator: "\r\n")
    let answer = await SocketClient(port: port).answer(to: text + "\r\n\r\n")
    #expect(try await eventually { lines.all.count == 1 })
    let json = try JSONSerialization.jsonObject(with: Data((lines.all.first ?? "").utf8))
    let members = json as? [String: Any]
    return (members?["client"] as? String, members?["id"] as? String, answer)
  }

  @Test(arguments: [
    ([], ["1.1.1.1"], "127.0.0.1"), (["10.0.0.0/8"], ["1.1.1.1"], "127.0.0.1"),
    (["unix"], ["1.1.1.1"], "127.0.0.1"), (["127.0.0.1"], [], "127.0.0.1"),
    (["127.0.0.1"], ["1.1.1.1"], "1.1.1.1"), (["127.0.0.0/8"], ["9.9.9.9, 1.1.1.1"], "1.1.1.1"),
    (["127.0.0.1", "10.0.0.0/8"], ["9.9.9.9, 1.1.1.1, 10.2.3.4"], "1.1.1.1"),
    (["127.0.0.1", "10.0.0.0/8"], ["9.9.9.9", "1.1.1.1", "10.2.3.4"], "1.1.1.1"),
    (["127.0.0.1", "10.0.0.0/8"], ["10.9.9.9,10.2.3.4"], "10.9.9.9"),
    (["127.0.0.1"], ["1.1.1.1, unknown"], "127.0.0.1"), (["127.0.0.1"], ["1.1.1.1,"], "127.0.0.1"),
    (["127.0.0.1"], ["1.1.1.1:4711"], "1.1.1.1"),
    (["127.0.0.1"], ["[2001:db8::1]:80"], "2001:db8::1"),
    (["127.0.0.1"], ["2001:DB8::1"], "2001:db8::1"), (["127.0.0.1"], ["1.1.1.1:x"], "127.0.0.1"),
    (["127.0.0.1", "2001:db8::/32"], ["1.1.1.1, 2001:db8:1::7"], "1.1.1.1"),
  ])
  func `the client is the last hop that is not trusted`(
    items: [String], forwarded: [String], client: String
  ) async throws {
    let fields = forwarded.map { "x-forwarded-for: \($0)" } + ["forwarded: for=7.7.7.7"]
    #expect(try await exchange(fields, trusting: items).client == client)
  }

  @Test(arguments: [
    (["127.0.0.1"], ["abc-123_x.Y:z=+/"], true), ([], ["abc"], false),
    (["10.0.0.1"], ["abc"], false),
    (["127.0.0.1"], [String(repeating: "a", count: 128)], true),
    (["127.0.0.1"], [String(repeating: "a", count: 129)], false), (["127.0.0.1"], ["a b"], false),
    (["127.0.0.1"], ["a\"b"], false), (["127.0.0.1"], ["a", "b"], false),
    (["127.0.0.1"], ["é"], false), (["127.0.0.1"], [""], false),
  ])
  func `an id is taken over from whom it is trusted, if a log may hold it`(
    items: [String], ids: [String], isTaken: Bool
  ) async throws {
    let exchange = try await exchange(ids.map { "x-request-id: \($0)" }, trusting: items)
    let id = try #require(exchange.id)
    #expect((id == ids.first) == isTaken)
    #expect(isTaken || id.hasPrefix("req_"))
    #expect(exchange.answer.contains("x-request-id: \(id)\r\n"))
  }

  @Test(arguments: [
    "10.0.0.1/8", "10.0.0.0/33", "10.0.0.0/", "/8", "10.0.0.0/-1", "localhost", "UNIX", "::1/129",
    "10.0.0.0/8/8", "uni\u{D6}x",
  ])
  func `what is neither an address nor a block is refused`(item: String) {
    #expect(TrustedProxies(["127.0.0.1"]) != nil)
    #expect(TrustedProxies(["127.0.0.1", item]) == nil)
  }

  @Test func `a request that cannot be read is logged with its client too`() async throws {
    let log = AccessLog { [lines] in lines.add($0) }
    let site = try TestSite(log: log)
    let server = try Server(at: .tcp(host: "127.0.0.1", port: 0), handler: site.service)
    defer { server.stop() }
    guard case .tcp(_, let port) = server.address else { throw CancellationError() }
    _ = await SocketClient(port: port).answer(to: "nonsense\r\n\r\n")
    #expect(try await eventually { lines.all.first?.contains(#""client":"127.0.0.1""#) == true })
  }
}
