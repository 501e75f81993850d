import Accounts
import Foundation
import TestSupport
import Testing

/// Two services on one PostgreSQL database, as the official openai package meets them.
@Suite(
  .enabled(if: PostgreSQLCluster.shared != nil, Comment(rawValue: PostgreSQLCluster.missing)),
  .enabled(if: ServiceClient.python.isInstalled, "\(ServiceClient.missing)"))
struct SharedStoreClientTests {
  /// The sum of a counter over the nodes that run.
  private func sum(_ counter: String, _ nodes: ServedNodes) async throws -> Int {
    var sum = 0
    for case let service? in nodes.services {
      let metrics = try await service.get(try await service.metricsURL()).body
      let line = try #require(metrics.split(separator: "\n").first { $0.hasPrefix(counter + " ") })
      sum += try #require(Int(line.dropFirst(counter.count + 1)))
    }
    return sum
  }

  @Test func `fifty equal requests at once are one render and one charge, also after a restart`()
    async throws
  {
    let nodes = try await ServedNodes(2, on: try #require(PostgreSQLCluster.shared))
    var digest: String?
    for isRestarted in [false, true] {
      let services = try (0..<2).map { try nodes.start($0, ["--queue", "64"]) }
      let outcome = try await ServiceClient.python.run(
        "openai_nodes.py", services.map(\.address) + [nodes.token] + (digest.map { [$0] } ?? []))
      try #require(outcome.status == 0, "\(outcome.output)")
      digest = outcome.output.split(separator: "\n").last.map { String($0) }
      let renders = isRestarted ? 0 : 1
      #expect(try await sum("iris_render_seconds_count", nodes) == renders)
      #expect(try await sum("iris_settlements_total", nodes) == renders)
      #expect(try await nodes.charges().map(\.amount) == [.zero - ServedNodes.price])
      #expect(try await nodes.store.usage(UsageQuery()).map(\.requests) == [1])
      #expect(try await nodes.store.check() == [])
      for index in 0..<2 { nodes.end(index, by: isRestarted ? SIGTERM : SIGKILL) }
    }
  }
}
