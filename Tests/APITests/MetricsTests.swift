import Foundation
import HTTP
import Rendering
import TestSupport
import Testing

@testable import API

@Suite struct MetricsTests {
  private func metrics(of site: TestSite) async throws -> [String] {
    try await metrics(of: site.service)
  }

  private func metrics(of service: Service) async throws -> [String] {
    let (_, body) = try await InProcessClient(service.metricsHandler).send(.get, "/metrics")
    return String(decoding: body, as: UTF8.self).split(separator: "\n").map { String($0) }
  }

  private func value(_ name: String, _ lines: [String]) -> Double? {
    lines.first { $0.hasPrefix(name + " ") }.flatMap { Double($0.dropFirst(name.count + 1)) }
  }

  @Test func `readiness is the one of readyz`() async throws {
    let site = try TestSite()
    func isReady() async throws -> Bool {
      try await site.client.send(.get, "/readyz").0.status == .ok
    }
    #expect(value("iris_ready", try await metrics(of: site)) == 1)
    #expect(try await isReady())
    site.service.drain()
    #expect(value("iris_ready", try await metrics(of: site)) == 0)
    #expect(try await !isReady())
    let service = Service(renders: .init(capacity: 1, slots: 1), keys: nil)
    #expect(value("iris_ready", try await metrics(of: service)) == 0)
    #expect(!service.isReady)
  }

  @Test func `memory is told as it is allowed and taken`() async throws {
    let stub = try StubRendering(isHeld: true)
    let site = try TestSite(stub: stub) { $0.memoryBytes = 512 << 20 }
    #expect(value("iris_memory_limit_bytes", try await metrics(of: site)) == Double(512 << 20))
    #expect(value("iris_memory_reserved_bytes", try await metrics(of: site)) == 0)
    async let answer = site.generate()
    #expect(
      try await eventually { try await value("iris_renders_running", metrics(of: site)) == 1 })
    #expect(value("iris_memory_reserved_bytes", try await metrics(of: site)) ?? 0 > 0)
    stub.release()
    #expect(try await answer.status == 200)
  }

  @Test func `the prompt and the images of an edit that comes again are not encoded again`()
    async throws
  {
    let service = Service(
      configuration: ServiceConfiguration(), rendering: try TestModel.embedded(),
      renders: RenderService(capacity: 1, slots: 1), keys: nil)
    let body = TestSite.document(files: [
      try TestImage.png(width: 64, height: 64), try TestImage.png(width: 96, height: 64),
    ])
    func edit() async throws -> [Double?] {
      let (response, _) = try await InProcessClient(service).send(
        .post, TestSite.edits, headers: ["content-type": "application/json"], body: body)
      #expect(response.status == .ok)
      let lines = try await metrics(of: service)
      return ["hits", "misses"].map { value("iris_conditioning_cache_\($0)_total", lines) }
    }
    #expect(try await edit() == [0, 3])
    #expect(try await edit() == [3, 3])
  }

  @Test func `the process is told of under the names that others use`() async throws {
    let lines = try await metrics(of: TestSite())
    let now = Date().timeIntervalSince1970
    #expect(value("process_cpu_seconds_total", lines) ?? 0 > 0)
    #expect(value("process_open_fds", lines) ?? 0 > 2)
    #expect(value("process_max_fds", lines) ?? 0 >= value("process_open_fds", lines) ?? .infinity)
    let resident = value("process_resident_memory_bytes", lines) ?? 0
    #expect(resident > 1_048_576)
    #expect(value("process_virtual_memory_bytes", lines) ?? 0 > resident)
    let start = try #require(value("process_start_time_seconds", lines))
    #expect((now - 86_400...now + 1).contains(start), "\(start) is not shortly before \(now)")
  }

  @Test func `keys are told apart up to a number, and never more`() {
    var counts = KeyCounts()
    for _ in 0..<2 {
      for number in 0..<(KeyCounts.capacity + 50) {
        counts.record("key_\(number)", status: 200, renderSeconds: 1)
      }
    }
    #expect(counts.counts.count == KeyCounts.capacity + 1)
    #expect(counts.counts["key_0"]?.requests == [200: 2])
    #expect(counts.counts["other"]?.requests == [200: 100])
    #expect(counts.counts["other"]?.renderSeconds == 100)
  }

  @Test func `labels are escaped`() {
    var text = MetricsText()
    text.add("a", .gauge, "A.", [(labels: ["b": "c\"d\\e\nf"], value: 1)])
    #expect(text.text.hasSuffix(#"a{b="c\"d\\e\nf"} 1"# + "\n"))
  }
}
