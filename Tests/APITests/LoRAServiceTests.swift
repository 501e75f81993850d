import API
import Flux2
import Foundation
import HTTP
import Rendering
import TestSupport
import Testing

/// The LoRAs of a registry, in a service with a model that draws.
@Suite struct LoRAServiceTests {
  /// A folder with a registry and its files, opened by the tiny model.
  private final class Library {
    private let temporary: TemporaryFolder
    let folder: URL
    let renderer: Renderer
    let service: Service
    let client: InProcessClient

    init(_ files: [String: [UInt8]], alsoNamed others: [String] = []) throws {
      temporary = try TemporaryFolder()
      let folder = temporary.url
      self.folder = folder
      renderer = try Renderer(
        model: .directory(Fixture.path("reference/tiny/model")), threadCount: 1)
      service = Service(renders: RenderService(capacity: 4, slots: 1), keys: nil)
      client = InProcessClient(service)
      for (name, bytes) in files { try write(bytes, to: name) }
      try list(files.keys.sorted() + others)
      let renderer = renderer
      let read: @Sendable () throws -> LoRARegistry = {
        renderer.opened(try LoRARegistry(directory: folder.path))
      }
      service.begin([ModelOffer(renderer, loras: try read(), readLoRAs: read)])
    }

    func write(_ bytes: [UInt8], to name: String, in place: Bool = false) throws {
      try Data(bytes).write(
        to: folder.appending(path: name + ".safetensors"), options: place ? [] : .atomic)
    }

    func list(_ names: [String]) throws {
      let entries = names.map { #"{"name": "\#($0)", "file": "\#($0).safetensors"}"# }
      try Data(#"{"version": 1, "loras": [\#(entries.joined(separator: ","))]}"#.utf8)
        .write(to: folder.appending(path: "registry.json"))
    }

    func generate(_ members: String) async throws -> TestAnswer {
      let (response, body) = try await client.send(
        .post, TestSite.generations, headers: ["content-type": "application/json"],
        body: Array(TestSite.document(#""size":"64x64","num_steps":1,"seed":1,"# + members).utf8))
      return TestAnswer(response: response, body: body)
    }

    func get(_ path: String) async throws -> [String: Any] {
      let (response, body) = try await client.send(.get, path)
      return try TestAnswer(response: response, body: body).json
    }

    var offered: [String] {
      get async throws {
        try #require(try await get("/v1/models/epithre-iris")["loras"] as? [String])
      }
    }
  }

  private static func fixture(_ path: String) throws -> [UInt8] {
    try Fixture.bytes("reference/\(path)")
  }

  private static func good() throws -> [UInt8] { try fixture("tiny/lora/peft.safetensors") }

  /// The good file with other elements.
  private static func filled(_ element: Float) throws -> [UInt8] {
    var bytes = try good()
    let length = Int(bytes[0]) | Int(bytes[1]) << 8 | Int(bytes[2]) << 16
    for offset in stride(from: 8 + length, to: bytes.count, by: 4) {
      for place in 0..<4 {
        bytes[offset + place] = UInt8(truncatingIfNeeded: element.bitPattern >> (8 * UInt32(place)))
      }
    }
    return bytes
  }

  /// A file of one tensor.
  private static func single(_ name: String) -> [UInt8] {
    let header = Array(#"{"\#(name)":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}}"#.utf8)
    return (0..<8).map { UInt8(truncatingIfNeeded: header.count >> (8 * $0)) } + header + [
      0, 0, 0, 0,
    ]
  }

  private static func broken() throws -> [(name: String, file: [UInt8], says: String)] {
    [
      ("nan", try filled(.nan), "infinite or no numbers"),
      ("inf", try filled(.infinity), "infinite or no numbers"),
      ("lokr", single("diffusion_model.img_in.lokr_w1"), "no matrix"),
      ("loha", single("diffusion_model.img_in.hada_w1_a"), "no matrix"),
      ("dora", single("lora_unet_img_in.dora_scale"), "[1] magnitudes"),
      ("magnitude", single("transformer.x_embedder.lora_magnitude_vector"), "[1] magnitudes"),
      ("other", try fixture("compact/lora/peft.safetensors"), "the model has 48"),
      ("text", Array("hello, world".utf8), "is plain text"), ("empty", [], "empty"),
    ]
  }

  @Test func `what the model cannot use is not offered, and refused with its reason`() async throws
  {
    let broken = try Self.broken()
    let library = try Library(
      Dictionary(uniqueKeysWithValues: broken.map { ($0.name, $0.file) } + [("good", Self.good())]),
      alsoNamed: ["missing"])
    #expect(try await library.offered == ["none", "good"])
    let document = try await library.get("/openapi.json")
    let text = String(decoding: try JSONSerialization.data(withJSONObject: document), as: UTF8.self)
    #expect(text.contains(#""good""#) && !text.contains("lokr") && !text.contains("missing"))
    for (name, says) in broken.map({ ($0.name, $0.says) }) + [("missing", "No such file")] {
      let answer = try await library.generate(#""lora":"\#(name)""#)
      #expect(answer.status == 400 && answer.errorParameter == "lora", "\(name)")
      let message = try #require(answer.errorMessage)
      #expect(message.contains("`\(name)`") && message.contains(says), "\(message)")
      #expect(!message.contains("/"), "\(message)")
    }
    #expect(try await library.generate(#""lora":"good""#).status == 200)
    let unknown = try await library.generate(#""lora":"nope""#)
    #expect(unknown.errorMessage?.contains("`none`, `good`") == true)
  }

  @Test func `what is to be logged names what cannot be used and why, with its file`() throws {
    let library = try Library(["lokr": Self.single("img_in.lokr_w1"), "good": Self.good()])
    let opened = library.renderer.opened(try LoRARegistry(directory: library.folder.path))
    #expect(opened.remarks.count == 1)
    let remark = try #require(opened.remarks.first)
    #expect(
      remark.contains("`lokr`") && remark.contains("no matrix")
        && remark.contains(library.folder.path))
  }

  @Test func `a file is opened once, and stays what it was where another takes its name`()
    async throws
  {
    let library = try Library(["good": Self.good()])
    let before = try await library.generate(#""lora":"good""#)
    try library.write(Self.filled(0), to: "good")
    let after = try await library.generate(#""lora":"good""#)
    #expect(
      before.status == 200
        && before.text == after.text.replacing(Self.created(after), with: Self.created(before)))
    try FileManager.default.removeItem(at: library.folder.appending(path: "good.safetensors"))
    #expect(try await library.generate(#""lora":"good""#).status == 200)
  }

  private static func created(_ answer: TestAnswer) -> String {
    "\((try? answer.json["created"] as? Int) ?? 0)"
  }

  @Test func `a file that is cut under the service counts once the registry is read again`()
    async throws
  {
    let library = try Library(["good": Self.good()])
    func image() async throws -> String? {
      let answer = try await library.generate(#""lora":"good""#)
      return (try answer.json["data"] as? [[String: Any]])?.first?["b64_json"] as? String
    }
    let before = try #require(try await image())
    try library.write(Array(Self.good().prefix(100)), to: "good", in: true)
    #expect(try await image() == before)
    try library.service.reloadLoRAs()
    let answer = try await library.generate(#""lora":"good""#)
    #expect(answer.status == 400 && answer.errorParameter == "lora")
    try library.write(Self.good(), to: "good")
    try library.service.reloadLoRAs()
    #expect(try await library.generate(#""lora":"good""#).status == 200)
  }

  @Test func `a registry that is read anew is served, and a faulty one is not`() async throws {
    let library = try Library(["good": Self.good(), "late": Self.good()])
    try library.list(["good", "gone"])
    try library.service.reloadLoRAs()
    #expect(try await library.offered == ["none", "good"])
    #expect(try await library.generate(#""lora":"late""#).errorParameter == "lora")
    try library.list(["late", "late"])
    #expect(throws: RenderError.self) { try library.service.reloadLoRAs() }
    #expect(try await library.offered == ["none", "good"])
  }

  @Test func `one that makes numbers overflow is to blame for it`() async throws {
    let library = try Library(["huge": Self.filled(1e30)])
    #expect(try await library.offered == ["none", "huge"])
    let answer = try await library.generate(#""lora":"huge""#)
    #expect(answer.status == 400 && answer.errorParameter == "lora")
    #expect(try await library.generate(#""lora":"huge","lora_strength":0"#).status == 200)
  }

  @Test func `until the model is loaded none is offered`() async throws {
    let service = Service(renders: RenderService(capacity: 1, slots: 1), keys: nil)
    let (response, body) = try await InProcessClient(service).send(.get, "/v1/models/epithre-iris")
    #expect(try TestAnswer(response: response, body: body).json["loras"] as? [String] == ["none"])
  }

  @Test func `defaults are those of the model, in its object and in the document`() async throws {
    let stub = try StubRendering(defaults: .base)
    let service = Service(
      rendering: stub, renders: RenderService(capacity: 1, slots: 1),
      keys: nil)
    let client = InProcessClient(service)
    let (_, body) = try await client.send(.get, "/v1/models/epithre-iris")
    let text = String(decoding: body, as: UTF8.self)
    #expect(text.contains(#""defaults":{"num_steps":50,"guidance_scale":4"#))
    for (members, steps, codes) in [
      ("", 50, "[]"), (#""num_steps":4"#, 4, #"[{"code":"base_model_steps""#),
    ] {
      let (response, body) = try await client.send(
        .post, TestSite.generations, headers: ["content-type": "application/json"],
        body: Array(TestSite.document(members).utf8))
      #expect(response.status.code == 200)
      #expect(String(decoding: body, as: UTF8.self).contains(#""warnings":\#(codes)"#))
      #expect(
        stub.plans.last?.request.stepCount == steps && stub.plans.last?.request.guidanceScale == 4)
    }
  }
}
