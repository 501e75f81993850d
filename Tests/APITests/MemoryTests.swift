import API
import Flux2
import Foundation
import HTTP
import Imaging
import Rendering
import TestSupport
import Testing
import Text

/// The memory budget: accepted requests fit together, whichever run at the same time.
@Suite struct MemoryTests {
  private static let image = try? TestImage.png(width: 500, height: 500).base64
  /// The bytes of the decoded image; its decoding takes as much again.
  private static let imageBytes = 500 * 500 * 3

  /// A service whose renders take a megabyte each and wait to be let go on.
  private func service(
    _ stub: StubRendering, slots: Int, memoryBytes: Int
  ) -> (InProcessClient, RenderService) {
    var configuration = ServiceConfiguration()
    configuration.memoryBytes = memoryBytes
    let renders = RenderService(capacity: 8, slots: slots)
    let service = Service(
      configuration: configuration, rendering: stub, renders: renders, keys: nil)
    return (InProcessClient(service), renders)
  }

  private func ask(
    _ client: InProcessClient, _ path: String, _ members: String
  ) async throws -> TestAnswer {
    let (response, body) = try await client.send(
      .post, path, headers: ["content-type": "application/json"],
      body: Array(TestSite.document(members).utf8))
    return TestAnswer(response: response, body: body)
  }

  @Test func `a render that could never fit is refused for good`() async throws {
    let (client, _) = service(
      try StubRendering(bytesPerPixel: 1000), slots: 1, memoryBytes: 500_000_000)
    let refused = try await ask(client, TestSite.generations, #""size":"960x960""#)
    #expect(refused.status == 400)
    #expect(refused.errorParameter == "size")
    let message = try #require(try refused.error["message"] as? String)
    #expect(message.contains("would take 878 MB of memory; at most 476 are allowed"))
    #expect(try await ask(client, TestSite.generations, #""size":"640x640""#).status == 200)
  }

  @Test func `an image that could never fit is refused for good`() async throws {
    let image = try #require(Self.image)
    for (memoryBytes, status) in [(2 * Self.imageBytes - 1, 400), (2 * Self.imageBytes, 200)] {
      let (client, _) = service(
        try StubRendering(bytesPerPixel: 0), slots: 1, memoryBytes: memoryBytes)
      let answer = try await ask(client, TestSite.edits, #""image":"\#(image)""#)
      #expect(answer.status == status)
      if status == 400 { #expect(answer.errorCode == "image_too_large") }
    }
    let (client, _) = service(
      try StubRendering(bytesPerPixel: 0), slots: 1, memoryBytes: 3 * Self.imageBytes - 1)
    let several = try await ask(client, TestSite.edits, #""images":["\#(image)","\#(image)"]"#)
    #expect(several.status == 400)
    #expect(several.errorCode == "image_too_large")
  }

  @Test func `the refusal of an edit counts its images`() async throws {
    let (client, _) = service(
      try StubRendering(bytesPerPixel: 1000), slots: 1, memoryBytes: 20 << 20)
    let image = try #require(Self.image)
    let refused = try await ask(
      client, TestSite.edits, #""images":["\#(image)","\#(image)"],"size":"144x144""#)
    let message = try #require(try refused.error["message"] as? String)
    #expect(message.contains("would take 21 MB of memory; at most 20 are allowed"), "\(message)")
  }

  @Test func `of large images as much is held as models look at`() async throws {
    let stub = try StubRendering(bytesPerPixel: 1, isHeld: true)
    let large = Raster(width: 3000, height: 2000, pixels: [UInt8](repeating: 9, count: 18_000_000))
    let image = try PNGEncoder.encode(large).base64
    // Eight such images take 144 MB; one takes twice its 18 MB while it is read, and then 3.
    let (client, renders) = service(stub, slots: 1, memoryBytes: 64 << 20)
    var answers: [Task<Int, any Error>] = []
    for depth in 1...8 {
      answers.append(Task { try await ask(client, TestSite.edits, #""image":"\#(image)""#).status })
      #expect(
        try await eventually {
          renders.statistics.waiting + renders.statistics.running == depth
        })
    }
    stub.release()
    for answer in answers { #expect(try await answer.value == 200) }
  }

  @Test func `a large image gives the image's size as it came, and is scaled as models do`()
    async throws
  {
    let stub = try StubRendering()
    let (client, _) = service(stub, slots: 1, memoryBytes: 1 << 30)
    let file = try TestImage.png(width: 1030, height: 1462)
    #expect(
      try await ask(client, TestSite.edits, #""image":"\#(file.base64)""#).status == 200)
    let plan = try #require(stub.plans.first)
    // Once scaled to 859x1219 it would give 496x704.
    #expect("\(plan.size)" == "480x704")
    let kept = try #require(plan.request.references.first)
    #expect(kept == (try ImageDecoder.decode(file)).resized(width: 859, height: 1219))
  }

  @Test func `what headers say of all images comes before the pixels of any`() async throws {
    let (client, _) = service(try StubRendering(), slots: 1, memoryBytes: 1 << 30)
    let broken = try Data(Fixture.bytes("imaging/corrupt/jpg-bad-codes.jpg")).base64EncodedString()
    let long = try TestImage.png(width: 900, height: 100).base64
    let refused = try await ask(client, TestSite.edits, #""images":["\#(broken)","\#(long)"]"#)
    #expect(refused.status == 400)
    #expect(refused.errorCode == "invalid_image")
    let message = try #require(try refused.error["message"] as? String)
    #expect(
      message.contains("image 2") && message.contains("900x100") && message.contains("8 times"))
  }

  @Test func `renders that run one after the other need the memory of the greediest`() async throws
  {
    let stub = try StubRendering(bytesPerPixel: 256, isHeld: true)
    // At 64x64 a render takes a megabyte, at 80x80 half as much again.
    let (client, renders) = service(stub, slots: 1, memoryBytes: 2 << 20)
    let answers = ["64x64", "80x80", "64x64", "80x80"].map { size in
      Task { try await ask(client, TestSite.generations, #""size":"\#(size)""#).status }
    }
    #expect(try await eventually { renders.statistics.waiting + renders.statistics.running == 4 })
    stub.release()
    for answer in answers { #expect(try await answer.value == 200) }
  }

  @Test func `renders that run at the same time need the memory of each`() async throws {
    let stub = try StubRendering(bytesPerPixel: 256, isHeld: true)
    let (client, renders) = service(stub, slots: 2, memoryBytes: 2 << 20)
    let first = Task { try await ask(client, TestSite.generations, #""size":"64x64""#).status }
    #expect(try await eventually { renders.statistics.running == 1 })
    let refused = try await ask(client, TestSite.generations, #""size":"80x80""#)
    #expect(refused.status == 429)
    #expect(refused.errorCode == "backend_busy")
    #expect(refused.response.headers["retry-after"] != nil)
    stub.release()
    #expect(try await first.value == 200)
    // Its memory comes back a moment after its answer.
    #expect(
      try await eventually {
        try await ask(client, TestSite.generations, #""size":"80x80""#).status == 200
      })
  }

  @Test func `the images of requests that wait add up, and leave room for a render`() async throws {
    let stub = try StubRendering(bytesPerPixel: 1, isHeld: true)
    let image = try #require(Self.image)
    let members = #""image":"\#(image)","size":"64x64""#
    // One image that is held, one more with what it takes to decode it, and a render.
    let (client, renders) = service(
      stub, slots: 1, memoryBytes: 3 * Self.imageBytes + 64 * 64)
    var answers: [Task<Int, any Error>] = []
    for depth in 1...2 {
      answers.append(Task { try await ask(client, TestSite.edits, members).status })
      #expect(
        try await eventually { renders.statistics.waiting + renders.statistics.running == depth })
    }
    #expect(try await ask(client, TestSite.edits, members).status == 429)
    stub.release()
    for answer in answers { #expect(try await answer.value == 200) }
    #expect(try await ask(client, TestSite.edits, members).status == 200)
  }
}

extension [UInt8] {
  /// In base64.
  fileprivate var base64: String { Data(self).base64EncodedString() }
}
