import API
import Accounts
import Flux2
import Foundation
import HTTP
import JSON
import Rendering
import TestSupport
import Testing
import Text

/// A service with two models, each with limits, LoRAs, defaults and a price of its own.
@Suite struct SeveralModelsTests {
  private let stub: StubRendering
  private let base: StubRendering
  private let site: TestSite

  init() throws {
    stub = try StubRendering()
    base = try StubRendering(defaults: .base, loras: ["ink": 1])
    site = try TestSite(stub: stub, others: [base]) {
      $0.isModelOptional = true
      $0.otherModels = [Self.base]
    }
  }

  private static let base = {
    var model = ModelConfiguration()
    model.id = "klein-base"
    model.aliases = ["dall-e-3"]
    model.owner = "operator"
    model.limits.side = 64...512
    model.limits.allowsMask = true
    model.limits.imageCounts = 1...2
    model.price = Money(microUnits: 40_000)
    return model
  }()

  @Test(arguments: [
    (#""model":"epithre-iris""#, "epithre-iris", 4), (#""model":"klein-base""#, "klein-base", 50),
    (#""model":"dall-e-3""#, "klein-base", 50), (#""model":null"#, "epithre-iris", 4),
  ])
  func `a request is rendered by the model that it names`(
    members: String, id: String, stepCount: Int
  ) async throws {
    let answer = try await site.generate(members)
    #expect(answer.status == 200)
    #expect(try answer.json["model"] as? String == id)
    let plans = (id == "klein-base" ? base : stub).plans
    #expect(plans.map(\.request.stepCount) == [stepCount])
    #expect(stub.plans.count + base.plans.count == 1)
  }

  @Test func `a form goes to the model that it names, with the mask that this one takes`()
    async throws
  {
    let picture = try TestImage.png(width: 64, height: 64)
    func status(_ model: String) async throws -> TestAnswer {
      let form = TestForm([
        .text("model", model), .text("prompt", "x"), .file("image", picture),
        .file("mask", picture),
      ])
      return try await site.post(
        TestSite.edits, bytes: form.body, headers: site.headers(form.contentType))
    }
    let taken = try await status("klein-base")
    #expect(taken.status == 200 && base.plans.first?.request.mask != nil)
    let refused = try await status("epithre-iris")
    #expect(refused.status == 400 && refused.errorParameter == "mask" && stub.plans.isEmpty)
  }

  @Test(arguments: [
    (#""model":"klein-base","size":"960x960""#, "size"),
    (#""model":"klein-base","lora":"dark""#, "lora"),
    (#""lora":"ink""#, "lora"), (#""n":2"#, "n"),
  ])
  func `what another model allows is refused`(members: String, parameter: String) async throws {
    let answer = try await site.generate(members)
    #expect(answer.status == 400 && answer.errorParameter == parameter)
    let other =
      members.contains("klein")
      ? members.replacing("klein-base", with: "epithre-iris") : members + #","model":"klein-base""#
    #expect(try await site.generate(other).status == 200)
  }

  @Test func `a name of no model is refused with the names of all`() async throws {
    let answer = try await site.generate(#""model":"flux""#)
    #expect(answer.status == 400 && answer.errorCode == "model_not_found")
    let message = try #require(answer.errorMessage)
    #expect(message.contains("`epithre-iris`, `klein-base`, `dall-e-3`"))
    let missing = try await site.get("/v1/models/flux")
    #expect(missing.status == 404)
    #expect(missing.errorMessage?.contains("epithre-iris, klein-base") == true)
  }

  @Test func `each image costs the price of its model`() async throws {
    _ = try await site.generate(#""model":"epithre-iris""#)
    _ = try await site.generate(#""model":"klein-base","n":2"#)
    let charges = try await site.store.ledger(PageQuery()).filter { $0.kind == .charge }
    #expect(charges.map(\.amount.microUnits).sorted() == [-80_000, -5000])
    #expect(try await site.store.check() == [])
  }

  @Test func `one model's answer is not given for another`() async throws {
    var headers = site.headers()
    headers["idempotency-key"] = "order-1"
    let first = try await site.post(
      TestSite.generations, TestSite.document(#""model":"klein-base""#), headers: headers)
    let other = try await site.post(
      TestSite.generations, TestSite.document(#""model":"epithre-iris""#), headers: headers)
    #expect(first.status == 200 && other.status == 422)
    #expect(other.errorCode == "idempotency_mismatch")
  }

  @Test func `all models are listed, each with its price, limits and LoRAs`() async throws {
    let list = try #require(try await site.get("/v1/models").json["data"] as? [[String: Any]])
    #expect(list.map { $0["id"] as? String } == ["epithre-iris", "klein-base", "dall-e-3"])
    #expect(list.map { $0["root"] as? String } == [nil, nil, "klein-base"])
    #expect(list.map { $0["price"] as? String } == ["0.005", "0.04", "0.04"])
    #expect(list.map { $0["owned_by"] as? String } == ["epithre", "operator", "operator"])
    #expect(list[1]["loras"] as? [String] == ["none", "ink"])
    #expect((list[1]["defaults"] as? [String: Any])?["num_steps"] as? Int == 50)
    let limits = try list.map { try #require($0["limits"] as? [String: Any]) }
    #expect(limits.map { $0["max_size"] as? String } == ["960x960", "512x512", "512x512"])
    #expect(limits.map { $0["max_n"] as? Int } == [nil, 2, 2])
    let masked = list.map { ($0["capabilities"] as? [String])?.contains("mask") }
    #expect(masked == [false, true, true])
  }

  @Test func `the document has what any of the models allows`() async throws {
    let text = try await site.get("/openapi.json").text
    #expect(text.contains(#""enum":["epithre-iris","klein-base","dall-e-3",""#))
    #expect(text.contains(#""none","dark","anime","ink""#))
  }

  @Test func `a request of a larger model counts as more work in the queue`() async throws {
    var configuration = ServiceConfiguration()
    configuration.otherModels = [Self.base]
    func wait(_ model: String) async throws -> Double {
      let held = try StubRendering(isHeld: true)
      let renders = RenderService(capacity: 4, slots: 1)
      let service = Service(configuration: configuration, renders: renders, keys: nil)
      service.begin([ModelOffer(held), ModelOffer(held, relativeCost: 1000)])
      async let answer = InProcessClient(service).send(
        .post, TestSite.generations, headers: ["content-type": "application/json"],
        body: Array(TestSite.document(#""model":"\#(model)""#).utf8))
      #expect(try await eventually { renders.statistics.running == 1 })
      let seconds = renders.secondsUntilEmpty
      held.release()
      #expect(try await answer.response.status == .ok)
      return seconds
    }
    let small = try await wait("epithre-iris")
    #expect(small < 10)
    #expect(try await wait("klein-base") > 100)
  }

  @Test func `operators see all models`() async throws {
    let status = try await AdminClient(site).get("/status")
    let models = try #require(status.json["models"] as? [[String: Any]])
    #expect(models.map { $0["id"] as? String } == ["epithre-iris", "klein-base"])
    #expect(models.map { $0["loras"] as? [String] } == [["dark", "anime"], ["ink"]])
  }
}
