import API
import Accounts
import Foundation
import HTTP
import Rendering
import Synchronization
import TestSupport
import Testing

/// Responses while the key store does not answer.
@Suite(.timeLimit(.minutes(2))) struct KeyStoreAwayTests {
  /// A store on a disk that stalls and comes back.
  private final class StallingKeys: KeyAuthenticating {
    private let store: KeyStore
    let isStalled = Atomic(false)
    /// Keys that were asked for.
    let lookups = Atomic(0)

    init(_ store: KeyStore) { self.store = store }

    private func stall() {
      while isStalled.load(ordering: .relaxed) { Blocking.sleep(seconds: 0.005) }
    }

    func authenticate(_ token: Token) throws(AccountsError) -> APIKey {
      lookups.add(1, ordering: .relaxed)
      stall()
      return try store.authenticate(token)
    }

    func checkAvailability() throws(AccountsError) {
      stall()
      try store.checkAvailability()
    }
  }

  private let lines = SocketTests.Lines()

  @Test func `a disk that stalls holds up neither health nor readiness nor visitors`() async throws
  {
    let site = try TestSite()
    let keys = StallingKeys(site.keys)
    let service = Service(
      rendering: site.stub, renders: RenderService(capacity: 8, slots: 1), keys: keys,
      log: AccessLog { [lines] in lines.add($0) })
    let server = try Server(at: .tcp(host: "127.0.0.1", port: 0), handler: service)
    defer { server.stop() }
    let client = ContractSocket(server)
    let token = site.token
    #expect(try await client.send(.get("/readyz"), token: token).status == 200)

    keys.isStalled.store(true, ordering: .relaxed)
    // More than there are threads for tasks.
    async let renders = answers(to: .generation(""), count: 40, client, token)
    async let lists = answers(to: .get("/v1/models"), count: 2, client, token)
    #expect(
      try await eventually { try await client.send(.get("/readyz"), token: token).status == 503 })
    // The store stalls until the end of the test: whoever waited for it would never be answered.
    for path in ["/healthz", "/v1/models", "/openapi.json"] {
      var request = ContractRequest.get(path)
      request.authorization = .none
      #expect(try await client.send(request, token: token).status == 200, "\(path)")
    }
    #expect(try await renders.allSatisfy { $0 == 503 })
    #expect(try await lists == [503, 503])

    keys.isStalled.store(false, ordering: .relaxed)
    #expect(
      try await eventually { try await client.send(.get("/readyz"), token: token).status == 200 })
    #expect(try await client.send(.generation(""), token: token).status == 200)
    #expect(lines.all.filter { $0.contains("does not answer in time") }.count == 1)
    #expect(lines.all.filter { $0.contains("can be read again") }.count == 1)
  }

  @Test func `a client that leaves while its key is looked up costs nothing later`() async throws {
    let site = try TestSite()
    let keys = StallingKeys(site.keys)
    let service = Service(
      rendering: site.stub, renders: RenderService(capacity: 8, slots: 1), keys: keys,
      log: AccessLog { [lines] in lines.add($0) })
    let server = try Server(at: .tcp(host: "127.0.0.1", port: 0), handler: service)
    defer { server.stop() }
    guard case .tcp(_, let port) = server.address else { throw CancellationError() }
    keys.isStalled.store(true, ordering: .relaxed)
    do {
      let socket = SocketClient(port: port)
      socket.send(try ContractRequest.generation("").bytes(token: site.token))
      #expect(try await eventually { keys.lookups.load(ordering: .relaxed) == 1 })
      socket.leave(.close)
    }
    #expect(
      try await eventually { lines.all.contains { $0.contains(#""delivered":false"#) } })
    keys.isStalled.store(false, ordering: .relaxed)
    let answer = try await ContractSocket(server).send(.generation(""), token: site.token)
    #expect(answer.status == 200)
    #expect(site.stub.plans.count == 1)
  }

  @Test(arguments: ["iris.sqlite", "pepper"])
  func `a store that loses a file is not ready within a second, and ready when it is back`(
    file: String
  ) async throws {
    let site = try TestSite(log: AccessLog { [lines] in lines.add($0) })
    let path = "\(site.directory)/\(file)"
    #expect(try await site.get("/readyz").status == 200)
    var times: [Duration] = []
    // A busy machine may be late once.
    while times.count < 10, times.last.map({ $0 >= .seconds(1) }) ?? true {
      let start = ContinuousClock.now
      try FileManager.default.moveItem(atPath: path, toPath: path + ".away")
      #expect(try await eventually { try await site.get("/readyz").status == 503 })
      times.append(ContinuousClock.now - start)
      #expect(try await site.get("/healthz").status == 200)
      #expect(try await site.generate().status == 503)
      let isTold = try await eventually {
        lines.all.filter { $0.contains("\(path): was deleted") }.count == times.count
      }
      #expect(isTold)

      try FileManager.default.moveItem(atPath: path + ".away", toPath: path)
      #expect(try await eventually { try await site.get("/readyz").status == 200 })
      #expect(try await site.generate().status == 200)
    }
    #expect(times.contains { $0 < .seconds(1) }, "\(times)")
  }

  @Test func `a store replaced by a copy is told from the one that was opened`() async throws {
    let site = try TestSite(log: AccessLog { [lines] in lines.add($0) })
    let path = site.directory + "/iris.sqlite"
    try FileManager.default.copyItem(atPath: path, toPath: path + ".copy")
    try FileManager.default.removeItem(atPath: path)
    try FileManager.default.moveItem(atPath: path + ".copy", toPath: path)
    #expect(try await site.generate().status == 503)
    #expect(try await eventually { try await site.get("/readyz").status == 503 })
    #expect(
      try await eventually { lines.all.contains { $0.contains("was replaced by another file") } })
  }

  @Test func `a service without keys takes any at the models`() async throws {
    let site = try TestSite()
    let service = Service(
      rendering: site.stub, renders: RenderService(capacity: 8, slots: 1), keys: nil)
    for path in ["/v1/models", "/v1/models/epithre-iris"] {
      let (response, _) = try await InProcessClient(service).send(
        .get, path, headers: ["authorization": "Bearer anything"])
      #expect(response.status == .ok)
    }
  }

  private func answers(
    to request: ContractRequest, count: Int, _ client: ContractSocket, _ token: String
  ) async throws -> [Int] {
    try await withThrowingTaskGroup(of: Int.self) { group in
      for _ in 0..<count {
        group.addTask { try await client.send(request, token: token).status }
      }
      return try await group.reduce(into: []) { $0.append($1) }
    }
  }
}
