import API
import Accounts
import Foundation
import HTTP
import Rendering
import TestSupport
import Testing

/// A service with a stub for a model, a key, and a client that needs no socket.
final class TestSite: Sendable {
  let stub: StubRendering
  let service: Service
  let renders: RenderService
  let keys: KeyStore
  let store: Store
  let key: APIKey
  let token: String
  let client: InProcessClient
  let node: ServingNode
  private let folder: TemporaryFolder
  /// The directory of the key store.
  var directory: String { folder.path("data") }

  /// - Parameters:
  ///   - others: Stubs of the other models; by default the one stub stands for all.
  ///   - other: The site whose store this is another node of.
  ///   - limits: What the key may do; by default as much as any key may.
  init(
    stub: StubRendering? = nil, others: [StubRendering]? = nil, capacity: Int = 8,
    log: AccessLog = .off, node name: String = "one",
    beside other: TestSite? = nil, limits: KeyLimits = .unbounded,
    configure: (inout ServiceConfiguration) -> Void = { _ in }
  ) throws {
    let first = try stub ?? StubRendering()
    self.stub = first
    folder = try other?.folder ?? TemporaryFolder()
    let backend = try StoreBackend.sqlite(directory: folder.path("data"))
    keys = KeyStore(backend)
    store = Store(backend)
    let created = try keys.create(name: "test", mode: .live, limits: limits)
    key = created.key
    token = created.token.text
    var configuration = ServiceConfiguration()
    configure(&configuration)
    renders = RenderService(capacity: capacity, slots: 1)
    node = ServingNode(store: store)
    node.start(as: name)
    service = Service(
      configuration: configuration, renders: renders, keys: keys, node: node, log: log)
    let stubs = [first] + (others ?? configuration.otherModels.map { _ in first })
    service.begin(stubs.map { ModelOffer($0, loras: $0.loras) })
    client = InProcessClient(service)
  }

  /// The fields of a request with a key.
  func headers(_ contentType: String = "application/json") -> Headers {
    ["authorization": "Bearer \(token)", "content-type": contentType]
  }

  /// Sends a JSON text.
  func post(
    _ path: String, _ json: String, headers: Headers? = nil
  ) async throws -> TestAnswer {
    try await post(path, bytes: Array(json.utf8), headers: headers)
  }

  /// Sends a body.
  func post(
    _ path: String, bytes: [UInt8], headers: Headers? = nil
  ) async throws -> TestAnswer {
    let (response, body) = try await client.send(
      .post, path, headers: headers ?? self.headers(), body: bytes)
    return TestAnswer(response: response, body: body)
  }

  /// Asks for an image with some members beside model and prompt.
  func generate(_ members: String = "") async throws -> TestAnswer {
    try await post(Self.generations, Self.document(members))
  }

  /// Asks for an edit with some members beside model and prompt.
  func edit(_ members: String) async throws -> TestAnswer {
    try await post(Self.edits, Self.document(members))
  }

  /// Asks for an edit of files, in JSON, without slow work on long texts.
  func edit(files: [[UInt8]]) async throws -> TestAnswer {
    try await post(Self.edits, bytes: Self.document(files: files))
  }

  /// The document of an edit of files.
  static func document(files: [[UInt8]]) -> [UInt8] {
    var body = Array(#"{"model":"epithre-iris","prompt":"x","images":["#.utf8)
    for (index, file) in files.enumerated() {
      body += Array("\(index > 0 ? "," : "")\"".utf8)
      body += [UInt8](Data(file).base64EncodedData())
      body += Array("\"".utf8)
    }
    return body + Array("]}".utf8)
  }

  func get(_ path: String, headers: Headers = [:]) async throws -> TestAnswer {
    let (response, body) = try await client.send(.get, path, headers: headers)
    return TestAnswer(response: response, body: body)
  }

  static let generations = "/v1/images/generations"
  static let edits = "/v1/images/edits"

  /// A document with model and prompt, unless the members bring their own.
  static func document(_ members: String) -> String {
    var all = members.contains(#""model""#) ? [] : [#""model":"epithre-iris""#]
    if !members.contains(#""prompt""#) { all.append(#""prompt":"a red fox""#) }
    if !members.isEmpty { all.append(members) }
    return "{" + all.joined(separator: ",") + "}"
  }
}

extension KeyLimits {
  /// As much as a key may be allowed.
  static let unbounded: KeyLimits = {
    var limits = KeyLimits.standard
    limits.requestsPerMinute = maximumCount
    limits.requestsPerDay = maximumCount
    limits.concurrentRequests = maximumCount
    limits.monthlyCap = .maximum
    return limits
  }()
}
