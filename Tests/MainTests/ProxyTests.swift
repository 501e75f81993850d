import Accounts
import Foundation
import TestSupport
import Testing

/// nginx before three nodes on one PostgreSQL database, by `Deployment/nginx.conf` with what
/// `Documentation/serving.md` puts in its place.
@Suite(
  .timeLimit(.minutes(10)),
  .enabled(if: PostgreSQLCluster.shared != nil, Comment(rawValue: PostgreSQLCluster.missing)),
  .enabled(if: ServiceClient.curl.isInstalled, "\(ServiceClient.missing)"),
  .enabled(
    if: Proxy.isInstalled,
    "NOT TESTED: there is no \(Proxy.program), or no openssl; `./iris test` installs Debian's nginx and openssl"
  ))
struct ProxyTests {
  private let nodes: ServedNodes

  init() async throws {
    nodes = try await ServedNodes(3, on: try #require(PostgreSQLCluster.shared))
  }

  /// Asks for an image until there is one; whatever else is answered on the way is counted.
  private static func order(
    _ key: String, _ proxy: Proxy, token: String
  ) async throws -> (body: String, others: [Int]) {
    var others: [Int] = []
    for _ in 0..<5000 {
      let answer = try await proxy.post(
        #"{"model":"epithre-iris","prompt":"a fox","size":"64x64","num_steps":4,"user":"\#(key)"}"#,
        fields: ["authorization: Bearer \(token)", "idempotency-key: \(key)"])
      if answer.status == 200 { return (answer.body, others) }
      others.append(answer.status)
      try await Task.sleep(for: .milliseconds(100))
    }
    return ("", others)
  }

  @Test func `every order is answered and charged once, also while a node is killed`() async throws
  {
    // A queue of one has the next node asked all the time.
    for index in 0..<3 { try nodes.start(index, ["--queue", "1"]) }
    let proxy = try Proxy(ports: nodes.ports)
    let token = nodes.token
    let keys = (0..<40).map { "order-\($0)" }
    async let answers = withThrowingTaskGroup(of: (String, String, [Int]).self) { group in
      for key in keys {
        group.addTask {
          let (body, others) = try await Self.order(key, proxy, token: token)
          return (key, body, others)
        }
      }
      return try await group.reduce(into: []) { $0.append($1) }
    }
    #expect(try await eventually { try await nodes.charges().count >= 5 })
    nodes.end(1, by: SIGKILL)
    // Started again under its name, at another port, it gives back what it had in progress.
    try nodes.start(1)
    let found = try await answers
    #expect(found.count == 40 && found.allSatisfy { $0.1.contains("b64_json") })
    let others = Set(found.flatMap(\.2))
    // All queues are full, an order is in progress elsewhere, or the last node that was asked is the dead one.
    #expect(others.isSubset(of: [409, 429, 502]), "\(others)")
    for (key, body, _) in found.prefix(5) {
      #expect(try await Self.order(key, proxy, token: nodes.token).body == body)
    }
    #expect(try await nodes.store.accounts().allSatisfy { $0.reserved == .zero })
    #expect(try await nodes.charges().count == 40)
    #expect(try await nodes.store.check() == [])
  }

  @Test func `the log of a node names the client, and shares its ids with the proxy`() async throws
  {
    let service = try nodes.start(0, ["--trusted-proxies", "127.0.0.0/8"])
    let proxy = try Proxy(ports: nodes.ports)
    let answer = try await Self.order("order", proxy, token: nodes.token)
    #expect(answer.others.isEmpty)
    #expect(try await eventually { try service.log.contains("/v1/images/generations") })
    let id = try #require(try proxy.lastRequestID())
    let log = try service.log
    #expect(log.contains("\"\(id)\""), "\(id): \(log.suffix(600))")
  }
}
