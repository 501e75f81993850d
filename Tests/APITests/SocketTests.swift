import API
import Accounts
import Foundation
import HTTP
import Synchronization
import TestSupport
import Testing
import Text

/// Logs, metrics, interim responses and departures, which need a real connection.
@Suite struct SocketTests {
  /// Lines that were logged.
  final class Lines: Sendable {
    private let state = Mutex<[String]>([])
    var all: [String] { state.withLock { $0 } }
    func add(_ line: String) { state.withLock { $0.append(line) } }
  }

  /// Holds what a test made until it ends: the folder of a site that is used no more would be removed, and its
  /// service would log that the keys are gone.
  final class Kept: Sendable {
    private let sites = Mutex<[TestSite]>([])
    func keep(_ site: TestSite) { sites.withLock { $0.append(site) } }
  }

  private let lines = Lines()
  private let kept = Kept()

  private func site(
    _ stub: StubRendering? = nil, _ format: AccessLog.Format = .json,
    _ configure: (inout ServiceConfiguration) -> Void = { _ in }
  ) throws -> (TestSite, Server, UInt16) {
    let log = AccessLog(format: format) { [lines] in lines.add($0) }
    let site = try TestSite(stub: stub, log: log, configure: configure)
    kept.keep(site)
    let server = try Server(at: .tcp(host: "127.0.0.1", port: 0), handler: site.service)
    guard case .tcp(_, let port) = server.address else { throw CancellationError() }
    return (site, server, port)
  }

  private func request(
    _ site: TestSite, _ body: String, path: String = TestSite.generations, more: String = ""
  ) -> String {
    "POST \(path) HTTP/1.1\r\nhost: x\r\nauthorization: Bearer \(site.token)\r\n\(more)"
      + "content-type: application/json\r\nconnection: close\r\n"
      + "content-length: \(body.utf8.count)\r\n\r\n\(body)"
  }

  @Test func `a request is one line of JSON without secrets`() async throws {
    let (site, server, port) = try site()
    defer { server.stop() }
    let body = TestSite.document(#""prompt":"hidden words","seed":11,"size":"64x64""#)
    let answer = await SocketClient(port: port).answer(to: request(site, body))
    #expect(answer.hasPrefix("HTTP/1.1 200 "))
    #expect(try await eventually { lines.all.count == 1 })
    let line = try #require(lines.all.first)
    let json = try #require(
      try JSONSerialization.jsonObject(with: Data(line.utf8)) as? [String: Any])
    #expect(json["route"] as? String == TestSite.generations)
    #expect(json["status"] as? Int == 200)
    #expect(json["key"] as? String == site.key.id)
    #expect(json["seed"] as? Int == 11)
    #expect(json["size"] as? String == "64x64")
    #expect(json["bytes_in"] as? Int == body.utf8.count)
    let id = try #require(json["id"] as? String)
    #expect(answer.contains("x-request-id: \(id)\r\n"))
    for name in ["time", "ms", "read_ms", "queue_ms", "render_ms", "bytes_out", "steps"] {
      #expect(json[name] != nil, "\(name)")
    }
    for secret in [site.token, "hidden words", "iVBOR"] { #expect(!line.contains(secret)) }
  }

  @Test func `the log has the codes of warnings, and nothing of their words`() async throws {
    let (site, server, port) = try site()
    defer { server.stop() }
    for (count, size) in ["100x100", "64x64"].enumerated() {
      let body = TestSite.document(#""size":"\#(size)""#)
      _ = await SocketClient(port: port).answer(to: request(site, body))
      try #require(try await eventually { lines.all.count == count + 1 })
    }
    #expect(lines.all[0].contains(#""warnings":["size_rounded"]"#))
    #expect(!lines.all[0].contains("rounded down") && !lines.all[1].contains("warnings"))
  }

  @Test func `failures are logged with their code, and details only there`() async throws {
    let (site, server, port) = try site(StubRendering(fails: true), .text)
    defer { server.stop() }
    let answer = await SocketClient(port: port).answer(to: request(site, TestSite.document("")))
    #expect(answer.hasPrefix("HTTP/1.1 500 "))
    #expect(!answer.contains("inside"))
    #expect(try await eventually { lines.all.count == 1 })
    let line = try #require(lines.all.first)
    #expect(line.contains(#"error="internal_error""#))
    #expect(line.contains("inside of a failure"))
    #expect(line.contains("status=500"))
  }

  @Test func `prompts are logged only on demand`() async throws {
    let (site, server, port) = try site { $0.logsPrompts = true }
    defer { server.stop() }
    _ = await SocketClient(port: port).answer(
      to: request(site, TestSite.document(#""prompt":"aloud""#)))
    #expect(try await eventually { lines.all.first?.contains("aloud") == true })
  }

  @Test func `metrics count what happened`() async throws {
    let (site, server, port) = try site()
    defer { server.stop() }
    _ = await SocketClient(port: port).answer(to: request(site, TestSite.document("")))
    _ = await SocketClient(port: port).answer(to: request(site, TestSite.document(#""n":5"#)))
    #expect(try await eventually { lines.all.count == 2 })
    let (response, body) = try await InProcessClient(site.service.metricsHandler).send(
      .get, "/metrics")
    #expect(
      response.headers["content-type"]?.starts(with: "text/plain; version=0.0.4".utf8) == true)
    let text = String(decoding: body, as: UTF8.self)
    let route = TestSite.generations
    for line in [
      #"iris_requests_total{route="\#(route)",code="200"} 1"#,
      #"iris_requests_total{route="\#(route)",code="400"} 1"#,
      #"iris_refusals_total{reason="invalid_request_error"} 1"#, "iris_queue_depth 0",
      "iris_render_seconds_count 1", #"iris_wait_seconds_bucket{le="+Inf"} 1"#,
      "process_resident_memory_bytes ", "iris_build_info{version=",
    ] { #expect(text.contains(line), "\(line)") }
    #expect(!text.contains(site.token))
  }

  @Test(arguments: [("python", true), ("js", true), ("go", false), ("", false)])
  func `interim answers go to the clients that survive them`(
    language: String, isSent: Bool
  ) async throws {
    let (site, server, port) = try site(StubRendering(stepSeconds: 0.1)) {
      $0.processingSeconds = 0.1
    }
    defer { server.stop() }
    let more = language.isEmpty ? "" : "x-stainless-lang: \(language)\r\n"
    let answer = await SocketClient(port: port).answer(
      to: request(site, TestSite.document(""), more: more))
    #expect(answer.hasPrefix("HTTP/1.1 102 Processing\r\n\r\n") == isSent)
    #expect(answer.contains("HTTP/1.1 200 OK\r\n"))
  }

  @Test(arguments: ["", #""stream":true,"#])
  func `a closed connection ends the render`(members: String) async throws {
    let (site, server, port) = try site(StubRendering(stepSeconds: 0.2))
    defer { server.stop() }
    let socket = SocketClient(port: port)
    socket.send(request(site, TestSite.document(members + #""num_steps":50"#)))
    #expect(try await eventually { site.stub.stepCount >= 2 })
    socket.leave(.close)
    #expect(try await eventually { site.stub.stoppedCount == 1 })
    #expect(site.stub.stepCount < 50)
    #expect(try await eventually { lines.all.count == 1 })
  }

  @Test func `a chunked body over the limit is answered readably`() async throws {
    let (site, server, port) = try site()
    defer { server.stop() }
    let head =
      "POST \(TestSite.generations) HTTP/1.1\r\nhost: x\r\nauthorization: Bearer \(site.token)\r\n"
      + "content-type: application/json\r\ntransfer-encoding: chunked\r\n\r\n"
    let chunk = "10000\r\n" + String(repeating: " ", count: 0x10000) + "\r\n"
    let socket = SocketClient(port: port)
    socket.send(head + String(repeating: chunk, count: 17) + "0\r\n\r\n")
    let answer = await Blocking.run { socket.receiveAll() }
    #expect(answer.hasPrefix("HTTP/1.1 413 "))
    #expect(answer.contains(#""code":"request_too_large""#))
    #expect(answer.contains("x-request-id: req_"))
  }

  @Test func `a bad key is refused before the body`() async throws {
    let (_, server, port) = try site()
    defer { server.stop() }
    let socket = SocketClient(port: port)
    socket.send(
      "POST \(TestSite.edits) HTTP/1.1\r\nhost: x\r\nauthorization: Bearer esk_live_x\r\n"
        + "content-type: application/json\r\nexpect: 100-continue\r\n"
        + "content-length: 50000000\r\n\r\n")
    let answer = await Blocking.run { socket.receiveAll() }
    #expect(answer.hasPrefix("HTTP/1.1 401 "))
  }

  @Test func `what is not HTTP is answered in the same form`() async throws {
    let (_, server, port) = try site()
    defer { server.stop() }
    let answer = await SocketClient(port: port).answer(to: "GET / HTTP/1.1\r\n\r\n")
    #expect(answer.hasPrefix("HTTP/1.1 400 "))
    #expect(answer.contains(#"{"error":{"message":"#))
    #expect(try await eventually { lines.all.first?.contains(#""status":400"#) == true })
    // The answer and the line go by one id, and the line says what was wrong.
    let line = try #require(lines.all.first)
    let id = try #require(answer.firstMatch(of: /x-request-id: (req_\w+)/)?.1)
    #expect(line.contains(#""id":"\#(id)""#), "\(line)")
    #expect(line.contains(#""error":"invalid_request_error""#), "\(line)")
  }
}
