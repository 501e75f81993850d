import API
import Flux2
import Foundation
import HTTP
import Imaging
import Rendering
import TestSupport
import Testing

/// The service with a model that draws, a random one of a few kilobytes.
@Suite struct RenderingModelTests {
  struct Stop: Error {}

  private let model: Renderer

  init() throws {
    model = try Renderer(
      model: .directory(Fixture.path("reference/tiny/model")), threadCount: 1)
  }

  private func client(
    _ configure: (inout ServiceConfiguration) -> Void = { _ in }
  ) -> InProcessClient {
    var configuration = ServiceConfiguration()
    configure(&configuration)
    return InProcessClient(
      Service(
        configuration: configuration, rendering: model,
        renders: RenderService(capacity: 1, slots: 1), keys: nil))
  }

  private func image(_ client: InProcessClient, _ members: String) async throws -> [UInt8] {
    let (response, body) = try await client.send(
      .post, TestSite.generations, headers: ["content-type": "application/json"],
      body: Array(TestSite.document(members).utf8))
    let data = try TestAnswer(response: response, body: body).json["data"] as? [[String: Any]]
    return [UInt8](try #require(Data(base64Encoded: data?.first?["b64_json"] as? String ?? "")))
  }

  @Test func `a request comes back as an image that says what made it`() async throws {
    let png = try await image(client(), #""size":"80x64","seed":9,"num_steps":2"#)
    let raster = try ImageDecoder.decode(png)
    #expect((raster.width, raster.height) == (80, 64))
    let metadata = try #require(RenderMetadata(texts: try ImageTextReader.read(png)))
    #expect(metadata.prompt == "a red fox")
    #expect(metadata.seed == 9)
    #expect(metadata.stepCount == 2)
  }

  @Test func `an image need not say what made it, and looks the same`() async throws {
    let members = #""size":"64x64","seed":9,"num_steps":1"#
    let told = try await image(client(), members)
    let untold = try await image(client { $0.writesPNGMetadata = false }, members)
    #expect(try ImageTextReader.read(untold).isEmpty)
    #expect(try ImageDecoder.decode(told) == ImageDecoder.decode(untold))
  }

  @Test func `steps are counted from one, and a render ends at the next`() throws {
    var request = RenderRequest(prompt: "x")
    request.size = PixelSize(width: 64, height: 64)
    request.stepCount = 5
    let plan = try request.validated(
      under: .commandLine, registry: LoRARegistry(), defaults: .distilled)
    let render = try model.prepare(plan)
    var numbers: [Int] = []
    #expect(throws: Stop.self) {
      try model.render(render) { _ in
      } stepDone: { number, _ in
        numbers.append(number)
        if number == 3 { throw Stop() }
      }
    }
    #expect(numbers == [1, 2, 3])
  }
}
