import API
import Accounts
import Flux2
import Foundation
import HTTP
import Imaging
import Rendering
import Testing
import Text

@Suite struct ServiceTests {
  @Test func `an image comes with its seed, its size and what was used`() async throws {
    let site = try TestSite()
    let answer = try await site.generate(#""seed":42"#)
    #expect(answer.status == 200)
    #expect(answer.response.headers["content-type"] == "application/json")
    let json = try answer.json
    #expect(
      json.keys.sorted() == [
        "background", "created", "data", "model", "output_format", "quality", "size", "usage",
        "warnings",
      ])
    #expect(json["model"] as? String == "epithre-iris")
    #expect(json["size"] as? String == "768x768")
    #expect(json["output_format"] as? String == "png")
    let data = try #require((json["data"] as? [[String: Any]])?.first)
    #expect(data["seed"] as? Int == 42)
    let image = try #require(Data(base64Encoded: data["b64_json"] as? String ?? ""))
    #expect([UInt8](image) == site.stub.image)
    let usage = try #require(json["usage"] as? [String: Any])
    #expect(usage["input_tokens"] as? Int == 3)
    #expect(usage["output_tokens"] as? Int == 2304)
    #expect(usage["total_tokens"] as? Int == 2307)
    let details = try #require(usage["input_tokens_details"] as? [String: Int])
    #expect(details == ["text_tokens": 3, "image_tokens": 0])
  }

  @Test func `an edit counts the tokens of its images`() async throws {
    let site = try TestSite()
    let image = Data(try TestImage.png(width: 160, height: 96)).base64EncodedString()
    let answer = try await site.edit(#""image":"\#(image)""#)
    #expect(answer.status == 200)
    let usage = try #require(try answer.json["usage"] as? [String: Any])
    #expect(usage["input_tokens"] as? Int == 3 + 60)
    #expect(usage["output_tokens"] as? Int == 60)
  }

  @Test func `a random seed is told and was used`() async throws {
    let site = try TestSite()
    let answer = try await site.generate(#""seed":-1"#)
    let seed = (try answer.json["data"] as? [[String: Any]])?.first?["seed"] as? Int
    #expect(site.stub.plans.first.map { Int($0.request.seed) } == seed)
  }

  @Test(arguments: [false, true])
  func `the model is listed as the contract has it, without a key and with one`(
    hasKey: Bool
  ) async throws {
    let site = try TestSite()
    let answer = try await site.get("/v1/models", headers: hasKey ? site.headers() : [:])
    #expect(answer.status == 200)
    #expect(try answer.json["object"] as? String == "list")
    let model = try #require((try answer.json["data"] as? [[String: Any]])?.first)
    #expect(
      model.keys.sorted() == [
        "capabilities", "created", "defaults", "description", "id", "limits", "loras", "modalities",
        "object", "owned_by", "pricing_model", "tier",
      ])
    #expect(model["owned_by"] as? String == "epithre")
    #expect(model["loras"] as? [String] == ["none", "dark", "anime"])
    let limits = try #require(model["limits"] as? [String: Any])
    #expect(limits["max_size"] as? String == "960x960")
    #expect(limits["max_edit_size"] as? String == "704x704")
    #expect(limits["max_images"] as? Int == 5)
    #expect(limits["max_steps"] as? Int == 50)
    // Also no member of which the operator has widened nothing.
    #expect(limits.count == 4 && (model["defaults"] as? [String: Any])?.count == 2)
  }

  @Test func `a model's object has what its operator allows beyond the contract's limits`()
    async throws
  {
    let site = try TestSite {
      ($0.model.limits.allowsMask, $0.model.limits.allowsNegativePrompt) = (true, true)
      ($0.model.limits.imageCounts, $0.model.limits.loraStrengths) = (1...4, -1...2)
      ($0.model.limits.outputFormats, $0.model.limits.editMode) = ([.png, .webp], .reference)
    }
    let model = try await site.get("/v1/models/epithre-iris").json
    let capabilities = try #require(model["capabilities"] as? [String])
    #expect(capabilities.suffix(2) == ["mask", "negative_prompt"])
    let limits = try #require(model["limits"] as? [String: Any])
    #expect(limits["max_n"] as? Int == 4)
    #expect(limits["lora_strengths"] as? [Double] == [-1, 2])
    #expect(model["output_formats"] as? [String] == ["png", "webp"])
    #expect((model["defaults"] as? [String: Any])?["edit_mode"] as? String == "reference")
  }

  @Test func `a model is found by its id and no other`() async throws {
    let site = try TestSite { $0.model.id = "mine" }
    #expect(try await site.get("/v1/models/mine").json["id"] as? String == "mine")
    let missing = try await site.get("/v1/models/epithre-iris")
    #expect(missing.status == 404)
    #expect(missing.errorCode == "model_not_found")
  }

  @Test func `health needs no key, and readiness ends with the drain`() async throws {
    let site = try TestSite()
    #expect(try await site.get("/healthz").status == 200)
    #expect(try await site.get("/readyz").status == 200)
    site.service.drain()
    #expect(try await site.get("/healthz").status == 200)
    let refused = try await site.get("/readyz")
    #expect(refused.status == 503)
    #expect(refused.errorCode == "backend_unavailable")
    let render = try await site.generate()
    #expect(render.status == 503)
    #expect(render.response.headers["retry-after"] != nil)
  }

  @Test func `until the model is loaded the service is alive but not ready`() async throws {
    let stub = try StubRendering()
    let service = Service(renders: .init(capacity: 1, slots: 1), keys: nil)
    let client = InProcessClient(service)
    func status(_ method: HTTP.Method, _ path: String) async throws -> Int {
      try await client.send(
        method, path, headers: ["content-type": "application/json"],
        body: method == .post ? Array(TestSite.document("").utf8) : []
      ).response.status.code
    }
    #expect(try await status(.get, "/healthz") == 200)
    #expect(try await status(.get, "/readyz") == 503)
    #expect(try await status(.post, TestSite.generations) == 503)
    #expect(try await status(.get, "/v1/models") == 200)
    service.begin([ModelOffer(stub)])
    #expect(try await status(.get, "/readyz") == 200)
    #expect(try await status(.post, TestSite.generations) == 200)
    service.drain()
    #expect(try await status(.get, "/readyz") == 503)
  }

  @Test(arguments: [
    ("GET", "/v1/images/generations", 405, "POST"), ("DELETE", "/v1/models", 405, "GET, HEAD"),
    ("POST", "/healthz", 405, "GET, HEAD"), ("POST", "/v1/images/variations", 404, nil),
    ("GET", "/", 404, nil), ("GET", "/metrics", 404, nil),
  ])
  func `unknown paths and methods are refused`(
    method: String, path: String, status: Int, allowed: String?
  ) async throws {
    let site = try TestSite()
    let (response, body) = try await site.client.send(Method(ByteString(method)), path)
    let answer = TestAnswer(response: response, body: body)
    #expect(answer.status == status)
    #expect(answer.errorCode == (status == 404 ? "not_found" : "method_not_allowed"))
    #expect(response.headers["allow"] == allowed.map { ByteString($0) })
    #expect(response.headers["x-request-id"]?.starts(with: "req_".utf8) == true)
  }

  @Test(arguments: [
    ("/v1images/generations", "/v1/images/generations"),
    ("/images/generations", "/v1/images/generations"),
    ("/v1/v1/images/edits", "/v1/images/edits"), ("/v1/images/edits/", "/v1/images/edits"),
    ("/v1/image/generations", "/v1/images/generations"), ("/V1/Images/Edits", "/v1/images/edits"),
    ("//v1/images/generations", "/v1/images/generations"), ("/v1/models/", "/v1/models"),
    ("/v1/images", "/v1/images/generations"), ("/v1/images/generatoins", "/v1/images/generations"),
    ("/api/v1/images/edits", "/v1/images/edits"), ("/health", "/healthz"),
    ("/v1/chat/completions", "makes and edits images"),
    ("/v1/nothing/like/it", "there are /v1/images"),
  ])
  func `an unknown path is named, with those that there are and the likely slip`(
    path: String, advice: String
  ) async throws {
    let site = try TestSite()
    for answer in [try await site.get(path), try await site.post(path, "{}")] {
      #expect(answer.status == 404)
      let message = try #require(answer.errorMessage)
      #expect(message.contains("at \(path);") && message.contains(advice), "\(message)")
      #expect(message.contains("did you mean \(advice)?") == advice.hasPrefix("/"))
      for served in ["/v1/images/generations", "/v1/images/edits", "/v1/models"] {
        #expect(message.contains(served))
      }
    }
  }

  @Test func `a long or odd path is named no further than it is safe`() async throws {
    let site = try TestSite()
    for path in ["/" + String(repeating: "%CC%81", count: 600), "/%1B%5B31m", "/%0A"] {
      let answer = try await site.get(path)
      #expect(answer.status == (path.count > 20 ? 404 : 400))
      #expect((answer.errorMessage?.utf8.count ?? 0) < 300)
      #expect(!answer.body.contains { $0 < 0x20 })
    }
  }

  @Test(arguments: [
    nil, "Bearer", "Bearer ", "Basic abc", "Bearer esk_live_short", "esk_live_x",
    "Bearer esk_live_" + String(repeating: "a", count: 49),
  ])
  func `a key that is missing or malformed is refused`(field: String?) async throws {
    let site = try TestSite()
    var headers: Headers = ["content-type": "application/json"]
    headers["authorization"] = field.map { ByteString($0) }
    let answer = try await site.post(TestSite.generations, "{}", headers: headers)
    #expect(answer.status == 401)
    #expect(try answer.error["type"] as? String == "authentication_error")
    #expect(answer.errorCode == "authentication_error")
    #expect(answer.response.headers["www-authenticate"] == "Bearer")
    #expect(answer.response.headers["x-request-id"] != nil)
  }

  @Test func `a revoked key and another deployment's key are refused`() async throws {
    let (site, other) = (try TestSite(), try TestSite())
    let foreign = try await site.post(
      TestSite.generations, TestSite.document(""), headers: other.headers())
    #expect(foreign.status == 401)
    #expect(try await site.generate().status == 200)
    try site.keys.revoke(id: site.key.id)
    #expect(try await site.generate().status == 401)
  }

  @Test func `a client's own request id is not taken over`() async throws {
    let site = try TestSite()
    let answer = try await site.get("/healthz", headers: ["x-request-id": "mine"])
    #expect(answer.response.headers.values(of: "x-request-id").count == 1)
    #expect(answer.response.headers["x-request-id"] != "mine")
  }
}
