import Foundation
import TestSupport
import Testing

/// The program with a PostgreSQL store.
@Suite(.enabled(if: PostgreSQLCluster.shared != nil, Comment(rawValue: PostgreSQLCluster.missing)))
struct SharedStoreTests {
  private let cluster: PostgreSQLCluster

  init() throws { cluster = try #require(PostgreSQLCluster.shared) }

  @Test func `two services on one database share their keys`() async throws {
    let environment = ["IRIS_STORE": try cluster.makeSchema()]
    let (here, there) = (try IrisProgram(), try IrisProgram())
    let first = try RunningService(here, [], environment: environment)
    defer { first.process.terminate() }
    let token = try first.firstToken()
    try ServedNodes.copyPepper(from: here, to: there)
    let second = try RunningService(there, [], environment: environment)
    defer { second.process.terminate() }
    #expect(second.lines.count == 1, "it made a first key, too")
    for service in [first, second] {
      #expect(try await service.render(token: token).status == 200)
    }
    let list = try here.run(["keys", "list", "--json", "--data", "data"], environment: environment)
    #expect(list.status == 0 && list.output.contains("first"), "\(list.errors)")
  }

  @Test func `a service without the pepper of the store ends, and says what to copy`() throws {
    let environment = ["IRIS_STORE": try cluster.makeSchema()]
    let (here, there) = (try IrisProgram(), try IrisProgram())
    let create = ["keys", "create", "--name", "shop", "--data", "data"]
    #expect(try here.run(create, environment: environment).status == 0)
    let outcome = try there.run(create, environment: environment)
    #expect(outcome.status == 1)
    #expect(outcome.errors.contains("data/pepper is missing"), "\(outcome.errors)")
  }

  @Test func `the store's password is shown nowhere`() throws {
    let program = try IrisProgram()
    let secret = "s3cret"
    for url in [
      "postgresql://iris:\(secret)@127.0.0.1:1/images", "postgresql://iris:\(secret)@h/d?no=1",
      "postgresql://iris:x@\(secret)@h/d", "mysql://iris:\(secret)@h/d",
    ] {
      for (arguments, environment) in [
        (["keys", "list", "--store", url, "--data", "data"], [:]),
        (["keys", "list", "--data", "data"], ["IRIS_STORE": url]),
        (["serve", "--print-config"], ["IRIS_STORE": url]),
        (["serve", "--help"], ["IRIS_STORE": url]),
        (
          ["serve", "--port", "0", "--metrics-port", "0", "--model", RunningService.model],
          ["IRIS_STORE": url, "IRIS_DATA": "data"]
        ),
      ] {
        let outcome = try program.run(arguments, environment: environment)
        #expect(!outcome.output.contains(secret) && !outcome.errors.contains(secret))
        let isShown = arguments.contains("--print-config") || arguments.contains("--help")
        #expect(isShown || outcome.errorLines.count == 1, "\(outcome.errors)")
      }
    }
    let lines = try program.run(
      ["serve", "--print-config"],
      environment: ["IRIS_STORE": "postgresql://iris:\(secret)@db.example/images"])
    #expect(lines.output.contains("postgresql://iris@db.example/images "))
  }
}
