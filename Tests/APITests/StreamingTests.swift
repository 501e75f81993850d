import API
import Foundation
import HTTP
import TestSupport
import Testing
import Text

/// Section 6 of the HTTP contract.
@Suite struct StreamingTests {
  @Test(arguments: [(0, 0), (1, 1), (2, 2), (3, 3)])
  func `a stream brings its previews and then the image`(
    asked: Int, sent: Int
  ) async throws {
    let site = try TestSite()
    let answer = try await site.generate(
      #""stream":true,"partial_images":\#(asked),"size":"128x64","seed":3"#)
    #expect(answer.status == 200)
    #expect(answer.response.headers["content-type"]?.starts(with: "text/event-stream".utf8) == true)
    #expect(answer.response.headers["x-request-id"] != nil)
    let stream = try TestEvents(answer.text)
    #expect(stream.others.isEmpty)
    let names = Array(repeating: "image_generation.partial_image", count: sent)
    #expect(stream.events.map(\.name) == names + ["image_generation.completed"])
    for (index, event) in stream.events.dropLast().enumerated() {
      #expect(event.data["partial_image_index"] as? Int == index)
      #expect(
        event.data.keys.sorted() == [
          "b64_json", "background", "created_at", "output_format", "partial_image_index",
          "quality", "size", "type",
        ])
    }
    let last = try #require(stream.events.last)
    #expect(last.data["type"] as? String == last.name)
    #expect(last.data["size"] as? String == "128x64")
    #expect(last.data["seed"] as? Int == 3)
    #expect(last.data["b64_json"] as? String == Data(site.stub.image).base64EncodedString())
    let usage = try #require(last.data["usage"] as? [String: Any])
    #expect(usage["total_tokens"] as? Int == 3 + 32)
    #expect(
      usage["output_tokens_details"] as? [String: Int] == ["text_tokens": 0, "image_tokens": 32])
    for event in stream.events {
      #expect(event.data["quality"] as? String == "medium")
      #expect(event.data["background"] as? String == "opaque")
      #expect(event.data["output_format"] as? String == "png")
    }
  }

  @Test func `previews are spread evenly over the steps`() async throws {
    let site = try TestSite()
    for (steps, count, after) in [(8, 3, [2, 4, 6]), (4, 1, [2]), (1, 3, []), (2, 3, [1])] {
      let answer = try await site.generate(
        #""stream":true,"partial_images":\#(count),"num_steps":\#(steps)"#)
      let previews = try TestEvents(answer.text).events.dropLast()
      let shown = previews.compactMap { event in
        Data(base64Encoded: event.data["b64_json"] as? String ?? "")?.first.map { Int($0) }
      }
      #expect(shown == after)
    }
  }

  @Test func `the stream of an edit has names of its own`() async throws {
    let site = try TestSite()
    let answer = try await site.edit(
      #""image":"\#(EditRules.base64Image)","stream":true,"partial_images":1"#)
    let names = try TestEvents(answer.text).events.map(\.name)
    #expect(names == ["image_edit.partial_image", "image_edit.completed"])
  }

  @Test func `progress is told in comments, and pings keep the stream alive`() async throws {
    let site = try TestSite(stub: StubRendering(isHeld: true)) { $0.pingSeconds = 0.05 }
    async let answer = site.generate(#""stream":true"#)
    #expect(try await eventually { site.stub.plans.count == 1 })
    try await Task.sleep(for: .seconds(1))
    site.stub.release()
    let stream = try TestEvents(try await answer.text)
    #expect(stream.comments.contains { $0.hasPrefix("queued, position 1") })
    #expect(stream.comments.contains("started"))
    #expect(stream.comments.contains("step 4 of 4"))
    #expect(stream.comments.contains("ping"))
    #expect(stream.events.count == 1)
  }

  @Test func `a failure ends the stream with an error event`() async throws {
    let site = try TestSite(stub: StubRendering(fails: true))
    let answer = try await site.generate(#""stream":true"#)
    #expect(answer.status == 200)
    let events = try TestEvents(answer.text).events
    #expect(events.map(\.name) == ["error"])
    let error = try #require(events.first?.data["error"] as? [String: Any])
    #expect(error["code"] as? String == "internal_error")
    #expect(!answer.text.contains("inside"))
  }

  @Test func `the deadline ends the stream with an error event`() async throws {
    let site = try TestSite(stub: StubRendering(stepSeconds: 0.2)) {
      $0.renderDeadlineSeconds = 0.3
    }
    let answer = try await site.generate(#""stream":true,"num_steps":50"#)
    let error = try TestEvents(answer.text).events.last?.data["error"] as? [String: Any]
    #expect(error?["code"] as? String == "backend_timeout")
  }

  @Test func `wrong parameters get their status, not a stream`() async throws {
    let answer = try await TestSite().generate(#""stream":true,"seed":-5"#)
    #expect(answer.status == 400)
    #expect(answer.errorParameter == "seed")
  }
}
