import API
import Accounts
import Foundation
import HTTP
import Imaging
import Rendering
import Synchronization
import TestSupport
import Testing
import Text

/// Images whose URLs answers have: signed, expiring, swept.
@Suite struct ImageFolderTests {
  private let temporary: TemporaryFolder
  private let clock = Clock()

  /// The time, which tests advance.
  private final class Clock: Sendable {
    private let seconds = Atomic(1_000_000)
    var now: Int { seconds.load(ordering: .relaxed) }
    func advance(by count: Int) { seconds.add(count, ordering: .relaxed) }
  }

  init() throws { temporary = try TemporaryFolder() }

  private func folder(secret: String = "secret") throws -> ImageFolder {
    try ImageFolder(
      temporary.path("made"), at: #require(ImageLocation("https://images.example/some/made/")),
      lifetimeSeconds: 60, secret: Array(secret.utf8)
    ) { [clock] in clock.now }
  }

  private func site(_ folder: ImageFolder, log: AccessLog = .off) throws -> TestSite {
    try TestSite(log: log) {
      $0.imageFolder = folder
      $0.model.limits.imageCounts = 1...3
      $0.model.limits.outputFormats = OutputFormat.allCases
    }
  }

  private func names() throws -> [String] {
    try FileManager.default.contentsOfDirectory(atPath: temporary.path("made")).sorted()
  }

  private func urls(_ answer: TestAnswer) throws -> [String] {
    try #require(answer.json["data"] as? [[String: Any]]).map { image in
      #expect(Set(image.keys) == ["url", "seed"])
      return try #require(image["url"] as? String)
    }
  }

  /// Asks the service for a URL, whatever its host.
  private func fetch(_ url: String, of site: TestSite) async throws -> TestAnswer {
    try await site.get(url.replacing("https://images.example", with: ""))
  }

  @Test func `an answer has a URL for each image, at which that is`() async throws {
    let site = try site(folder())
    let answer = try await site.generate(
      #""response_format":"url","n":2,"output_format":"webp""#)
    #expect(answer.status == 200)
    let urls = try urls(answer)
    #expect(Set(urls).count == 2)
    for url in urls {
      #expect(url.hasPrefix("https://images.example/some/made/1000060-"))
      let image = try await fetch(url, of: site)
      #expect(image.status == 200 && image.body == site.stub.image)
      #expect(image.response.headers["content-type"] == "image/webp")
      #expect(image.response.headers["cache-control"] == "private, max-age=60")
      #expect(image.response.headers["x-content-type-options"] == "nosniff")
    }
    let names = try names()
    #expect(names.count == 2 && names.allSatisfy { $0.hasSuffix(".webp") })
  }

  @Test func `an altered URL, one of another secret and one without signature are refused`()
    async throws
  {
    let site = try site(folder())
    let url = try urls(await site.generate(#""response_format":"url""#))[0]
    let plain = String(url.prefix { $0 != "?" })
    let last = url.hasSuffix("0") ? "1" : "0"
    for wrong in [plain, plain + "?signature=", url.dropLast() + last, url + "0"] {
      let answer = try await fetch(wrong, of: site)
      #expect(answer.status == 403 && answer.errorCode == "permission_error", "\(wrong)")
    }
    // A longer life is another name.
    let longer = url.replacing("/1000060-", with: "/9000060-")
    #expect(try await fetch(longer, of: site).status == 403)
    let other = try self.site(folder(secret: "another"))
    #expect(try await fetch(url, of: other).status == 403)
    let same = try self.site(folder())
    #expect(try await fetch(url, of: same).status == 200)
  }

  @Test(arguments: [
    "x", "1000060-00.png", "01000060-00112233445566778899aabbccddeeff.png",
    "1000060-00112233445566778899AABBCCDDEEFF.png", "..%2fdata", "pepper",
    "1000060-00112233445566778899aabbccddeeff.exe",
    ".1000060-00112233445566778899aabbccddeeff.png.part",
  ])
  func `what is no name of an image is not found`(name: String) async throws {
    let site = try site(folder())
    let answer = try await site.get("/some/made/\(name)?signature=0")
    #expect(answer.status == 404 && answer.errorCode == "not_found")
  }

  @Test func `a URL that has expired is gone, and so is its file after a while`() async throws {
    let folder = try folder()
    let site = try site(folder)
    let url = try urls(await site.generate(#""response_format":"url""#))[0]
    let name = try names()[0]
    try Data().write(to: URL(filePath: temporary.path("made/.\(name).part")))
    try Data().write(to: URL(filePath: temporary.path("made/holiday.png")))
    clock.advance(by: 59)
    #expect(try await fetch(url, of: site).status == 200)
    clock.advance(by: 1)
    let answer = try await fetch(url, of: site)
    #expect(answer.status == 410 && answer.errorCode == "not_found")
    // Another that opens the folder removes what has expired there.
    let next = try self.folder()
    #expect(try await eventually { try names() == ["holiday.png"] })
    clock.advance(by: -10)
    let missing = try await fetch(url, of: site)
    #expect(missing.status == 404)
    withExtendedLifetime(next) {}
  }

  @Test func `an image that cannot be stored is neither answered nor charged`() async throws {
    let site = try site(folder())
    try FileManager.default.removeItem(atPath: temporary.path("made"))
    let answer = try await site.generate(#""response_format":"url""#)
    #expect(answer.status == 503)
    #expect(try await site.store.ledger(PageQuery()).allSatisfy { $0.kind != .charge })
    #expect(try await site.store.account(site.key.account).reserved == .zero)
  }

  @Test func `an answer that is given again has the same URL`() async throws {
    let site = try site(folder())
    var headers = site.headers()
    headers["idempotency-key"] = "one"
    var bodies: Set<[UInt8]> = []
    for _ in 0..<2 {
      let document = TestSite.document(#""response_format":"url""#)
      bodies.insert(try await site.post(TestSite.generations, document, headers: headers).body)
    }
    #expect(bodies.count == 1)
    #expect(try names().count == 1)
  }

  @Test func `the log has neither name nor signature`() async throws {
    let lines = Mutex<[String]>([])
    let site = try site(folder(), log: AccessLog { line in lines.withLock { $0.append(line) } })
    let server = try Server(at: .tcp(host: "127.0.0.1", port: 0), handler: site.service)
    defer { server.stop() }
    let socket = ContractSocket(server)
    let generation = ContractRequest.generation(#""response_format":"url""#)
    let url = try urls(try await socket.send(generation, token: site.token))[0]
    let path = url.replacing("https://images.example", with: "")
    #expect(try await socket.send(.get(path), token: site.token).status == 200)
    let logged = { lines.withLock { $0.joined(separator: "\n") } }
    #expect(try await eventually { logged().contains("/some/made/{name}") })
    let name = try names()[0]
    #expect(!logged().contains(name) && !logged().contains(url.suffix(64)))
  }

  @Test(arguments: [
    "ftp://images.example/made", "https://images.example", "https://images.example/",
    "https:///made", "https://images.example/made?x=1", "https://images.example/v1/images",
    "https://images.example/healthz", "https://images.example/assets",
    "https://images.example/a//b",
    "https://images.example/a/../b",
    "https://user@images.example/made", "images.example/made", "", "https://images.example/ü",
  ])
  func `what is no base URL of images is refused`(text: String) {
    #expect(ImageLocation(text) == nil)
  }
}
