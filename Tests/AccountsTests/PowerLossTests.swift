import Accounts
import Foundation
import Synchronization
import TestSupport
import Testing

/// Records what the files of SQLite hold at each of their fsyncs: what a loss of power then would leave.
final class SyncRecorder: Sendable {
  /// The files at one moment, by their names.
  typealias Files = [String: Data]

  private struct State {
    var durable: Files
    var moments: [(durable: Files, written: Files)] = []
  }

  private static let names = ["iris.sqlite", "iris.sqlite-wal"]
  private let state: Mutex<State>

  /// Begins with the files as they are.
  init(_ folder: URL) { state = Mutex(State(durable: Self.read(folder))) }

  /// The number of fsyncs so far.
  var count: Int { state.withLock { $0.moments.count } }

  /// After the fsync of this number: what was made durable, and what was written besides.
  func moment(_ number: Int) -> (durable: Files, written: Files) {
    state.withLock { $0.moments[number] }
  }

  func noteSync(of file: URL) {
    let written = Self.read(file.deletingLastPathComponent())
    state.withLock { state in
      state.durable[file.lastPathComponent] = written[file.lastPathComponent]
      state.moments.append((state.durable, written))
    }
  }

  private static func read(_ folder: URL) -> Files {
    names.reduce(into: [:]) { $0[$1] = try? Data(contentsOf: folder.appending(path: $1)) }
  }
}

@Suite(.timeLimit(.minutes(5))) struct PowerLossTests {
  private let site: StoreSite

  init() throws { site = try StoreSite(.sqlite) }

  @Test func `a loss of power after any fsync loses nothing that was acknowledged`() async throws {
    await #expect(processExitsWith: .success) { [directory = site.directory as String] in
      try await PowerLossTests.run(in: directory)
    }
  }

  /// An answer to a client, and the number of fsyncs before it.
  private struct Acknowledgement {
    let request: String
    let isCharged: Bool
    let syncCount: Int
  }

  private static func run(in directory: String) async throws {
    WrappedFileSystem.shared.install()
    var backend = try StoreBackend.sqlite(directory: directory)
    let open = backend.open
    backend.open = { () throws(AccountsError) in
      let database = try open()
      // The log is copied into the database often, so that power is lost in that too.
      try database.run("PRAGMA wal_autocheckpoint = 40")
      return database
    }
    let store = Store(backend)
    let node = try await store.start(node: "node")
    var draft = KeyDraft(name: "power")
    draft.limits.requestsPerMinute = 1000
    draft.limits.concurrentRequests = 1000
    let key = try await store.createKey(draft, by: "test").key
    let recorder = SyncRecorder(URL(filePath: directory))
    WrappedFileSystem.shared.setDidSync { recorder.noteSync(of: $0) }
    var told: [Acknowledgement] = []
    for number in 0..<60 {
      let request = AdmissionRequest(
        id: "r\(number)", key: key, endpoint: "test", unitPrice: TestNode.price)
      let outcome = try await store.admit(request, on: node)
      let reservation = try #require(outcome.reservation)
      // Every seventh is left in progress.
      if number % 7 == 6 { continue }
      let isCharged = number % 3 != 2
      if isCharged {
        try #require(try await store.settle(reservation))
      } else {
        try await store.refund(reservation, reason: "failed")
      }
      told.append(
        Acknowledgement(
          request: request.id, isCharged: isCharged, syncCount: recorder.count))
    }
    let count = recorder.count
    try #require(count > 120, "only \(count) fsyncs were seen")
    for number in 0..<count {
      let (durable, written) = recorder.moment(number)
      for files in [durable, written] {
        try await expectSound(
          files, pepperOf: directory, told.filter { $0.syncCount <= number + 1 })
      }
    }
  }

  /// Opens what a loss of power left, and expects all that was acknowledged before.
  private static func expectSound(
    _ files: SyncRecorder.Files, pepperOf directory: String, _ told: [Acknowledgement]
  ) async throws {
    let folder = try TemporaryFolder()
    try FileManager.default.setAttributes([.posixPermissions: 0o700], ofItemAtPath: folder.path)
    try FileManager.default.copyItem(
      atPath: directory + "/pepper", toPath: folder.path("pepper"))
    for (name, content) in files {
      try folder.write(content, to: name)
      try FileManager.default.setAttributes(
        [.posixPermissions: 0o600], ofItemAtPath: folder.path(name))
    }
    let store = try Store(directory: folder.path)
    _ = try await store.start(node: "node")
    let findings = try await store.check()
    try #require(findings == [])
    let charged = try await store.ledger(PageQuery()).compactMap(\.request)
    for client in told {
      try #require(charged.contains(client.request) == client.isCharged, "\(client)")
    }
    try #require(try await store.account("acct_default").reserved == .zero)
  }
}
