import Accounts
import Foundation
import Synchronization
import TestSupport
import Testing

/// A store whose disk or server does not answer.
@Suite struct StoreLaneTests {
  /// A database whose statements wait while it is held.
  private final class HeldDatabase: Database {
    final class Gate: Sendable {
      private let state = Mutex((isHeld: false, isReached: false))

      var isReached: Bool { state.withLock { $0.isReached } }

      func hold(_ held: Bool) { state.withLock { $0 = (held, false) } }

      func pass() {
        while state.withLock({ state in
          state.isReached = true
          return state.isHeld
        }) { usleep(1000) }
      }
    }

    private let database: any Database
    private let gate: Gate

    init(_ database: any Database, _ gate: Gate) {
      self.database = database
      self.gate = gate
    }

    var dialect: SQLDialect { database.dialect }

    func run(_ sql: String, _ values: [SQLValue]) throws(AccountsError) -> [SQLRow] {
      gate.pass()
      return try database.run(sql, values)
    }
  }

  @Test(arguments: StoreKind.tested)
  func `a store that does not answer fails its callers, later ones at once, and recovers`(
    kind: StoreKind
  ) async throws {
    let site = try StoreSite(kind)
    let gate = HeldDatabase.Gate()
    var backend = try site.backend()
    let open = backend.open
    backend.open = { () throws(AccountsError) in HeldDatabase(try open(), gate) }
    let writer = StoreWriter(backend.connection(), patience: .seconds(1))
    @Sendable func insert(_ name: String) async throws {
      _ = try await writer.run { (database) throws(AccountsError) in
        try database.run(
          "INSERT INTO property (name, value) VALUES ($1, $2)", [.text(name), .blob([1])])
      }
    }
    gate.hold(true)
    let first = Task { try await insert("test first") }
    #expect(try await eventually { gate.isReached })
    // Waits behind the first, and is not begun after its caller has gone.
    await #expect(throws: AccountsError.self) { try await insert("test second") }
    await #expect(throws: AccountsError.self) { try await first.value }
    let error = await #expect(throws: AccountsError.self) { try await insert("test third") }
    #expect(error?.code == .storeUnavailable)
    gate.hold(false)
    let recovers = try await eventually {
      (try? await writer.run { (database) throws(AccountsError) in try database.now() }) != nil
    }
    #expect(recovers)
    #expect(
      try site.run("SELECT name FROM property WHERE name LIKE 'test%'")
        == [SQLRow([.text("test first")])])
  }
}
