import Accounts
import Foundation
import Glibc
import TestSupport
import Testing

/// A file system of two megabytes that runs full, for real.
@Suite struct FullDiskTests {
  /// A mounted tmpfs, unmounted with the value.
  private final class SmallDisk {
    private let folder: TemporaryFolder
    var path: String { folder.path }

    init() throws {
      folder = try TemporaryFolder()
      guard unsafe mount("tmpfs", folder.path, "tmpfs", 0, "size=2m,mode=700") == 0 else {
        throw POSIXError(.EPERM)
      }
    }

    deinit { unsafe umount2(folder.path, Int32(MNT_DETACH)) }

    static let canMount = (try? SmallDisk()) != nil
  }

  @Test(.enabled(if: SmallDisk.canMount, "NOT TESTED: a tmpfs cannot be mounted here"))
  func `a full disk refuses work, charges nothing for it, and heals when there is room`()
    async throws
  {
    let disk = try SmallDisk()
    let store = try Store(directory: disk.path + "/data")
    let node = try await store.start(node: "node")
    var draft = KeyDraft(name: "full")
    draft.limits.requestsPerMinute = 10_000
    draft.limits.concurrentRequests = 1000
    let key = try await store.createKey(draft, by: "test").key
    func serve(_ name: String) async throws {
      let request = AdmissionRequest(
        id: name, key: key, endpoint: "test", unitPrice: TestNode.price, fingerprint: [1],
        retry: .idempotencyKey(name))
      let reservation = try #require(try await store.admit(request, on: node).reservation)
      let answer = StoredAnswer(
        request: name, status: 200, contentType: "text/plain",
        body: [UInt8](repeating: 1, count: 30_000))
      #expect(try await store.settle(reservation, answer: answer))
    }
    let filler = disk.path + "/filler"
    try Data(count: 600_000).write(to: URL(filePath: filler))
    var served = 0
    let error = await #expect(throws: AccountsError.self) {
      for number in 0..<200 {
        try await serve("before-\(number)")
        served += 1
      }
    }
    #expect(error?.code == .storeUnavailable)
    #expect(served > 3)
    #expect(try await store.ledger(PageQuery()).count { $0.kind == .charge } == served)
    try FileManager.default.removeItem(atPath: filler)
    try await serve("after")
    #expect(try await store.ledger(PageQuery()).count { $0.kind == .charge } == served + 1)
    _ = try await store.start(node: "node")
    #expect(try await store.check() == [])
  }
}
