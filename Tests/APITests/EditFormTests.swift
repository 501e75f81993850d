import API
import Flux2
import Foundation
import Imaging
import Rendering
import Testing

/// Section 3 of the HTTP contract, as forms.
@Suite struct EditFormTests {
  private let site: TestSite
  private let small: [UInt8]
  private let wide: [UInt8]

  init() throws {
    site = try TestSite()
    small = try TestImage.png(width: 64, height: 64)
    wide = try TestImage.png(width: 128, height: 64)
  }

  private func send(_ parts: [TestForm.Part]) async throws -> TestAnswer {
    let form = TestForm([.text("model", "epithre-iris"), .text("prompt", "a fox")] + parts)
    return try await site.post(
      TestSite.edits, bytes: form.body, headers: site.headers(form.contentType))
  }

  @Test func `images of all names come in the order of the form`() async throws {
    let answer = try await send([
      .file("image[]", wide), .text("image", Data(small).base64EncodedString()),
      .text("images[]", Data(wide).base64EncodedString()), .file("images", small),
    ])
    #expect(answer.status == 200, "\(answer.text.prefix(200))")
    #expect(site.stub.plans.first?.request.references.map(\.width) == [128, 64, 128, 64])
  }

  @Test func `a single image is a source on which strength acts`() async throws {
    _ = try await send([.file("image", small), .text("strength", "0.5")])
    #expect(site.stub.plans.first?.request.strength == 0.5)
  }

  @Test func `numbers and booleans are text`() async throws {
    let answer = try await send([
      .file("image", small), .text("num_steps", "7"), .text("seed", "9007199254740991"),
      .text("guidance_scale", "2.5"), .text("stream", "False"), .text("lora", "dark"),
      .text("partial_images", ""),
    ])
    #expect(answer.status == 200, "\(answer.text.prefix(200))")
    let plan = try #require(site.stub.plans.first)
    #expect(plan.request.stepCount == 7)
    #expect(plan.request.seed == 9_007_199_254_740_991)
    #expect(plan.request.guidanceScale == 2.5)
    #expect(plan.loras.first?.name == "dark")
  }

  @Test func `what go-openai leaves unset means the default`() async throws {
    let answer = try await send([
      .file("image", small), .text("n", "0"), .text("size", ""), .text("response_format", ""),
      .text("quality", ""), .text("user", ""), .text("background", ""),
    ])
    #expect(answer.status == 200, "\(answer.text.prefix(200))")
  }

  @Test func `the form of the Python client is read`() async throws {
    let head =
      "Content-Disposition: form-data; name=\"image[]\"; filename=\"a\"\r\n"
      + "Content-Type: application/octet-stream"
    let answer = try await send([
      .raw(head, small), .raw(head, wide), .text("n", "1"), .text("size", "704x704"),
    ])
    #expect(answer.status == 200, "\(answer.text.prefix(200))")
    #expect(try answer.json["size"] as? String == "704x704")
  }

  @Test func `the form of the JavaScript client is read`() async throws {
    let head =
      "Content-Disposition: form-data; name=\"image\"; filename=\"blob\"\r\n"
      + "Content-Type: image/png"
    let answer = try await send([.raw(head, small), .text("stream", "false")])
    #expect(answer.status == 200, "\(answer.text.prefix(200))")
  }

  @Test func `lines around a form are passed over`() async throws {
    let form = TestForm([
      .text("model", "epithre-iris"), .text("prompt", "a fox"), .file("image", small),
    ])
    let body =
      Array("This is a message in MIME format.\r\n\r\n".utf8) + form.body + Array("bye".utf8)
    let answer = try await site.post(
      TestSite.edits, bytes: body, headers: site.headers(form.contentType))
    #expect(answer.status == 200, "\(answer.text.prefix(200))")
  }

  @Test func `names that Unicode takes for one are two`() async throws {
    let answer = try await send([
      .file("image", small), .text("caf\u{e9}", "1"), .text("cafe\u{301}", "1"),
    ])
    #expect(answer.errorMessage?.contains("more than once") == false)
    #expect(answer.status == 400 && answer.errorParameter == "caf\u{e9}")
  }

  @Test(arguments: [
    ("num_steps", "x"), ("num_steps", " 4"), ("num_steps", "0x4"), ("seed", "1.5"), ("n", "2"),
    ("stream", "yes"), ("strength", "NaN"), ("size", "705x705"), ("response_format", "url"),
    ("sead", "4"), ("mask", "x"), ("prompt", "again"), ("lora", "nope"),
  ])
  func `wrong values are refused`(name: String, value: String) async throws {
    let answer = try await send([.file("image", small), .text(name, value)])
    #expect(answer.status == 400)
    #expect(answer.errorParameter == name)
  }

  @Test func `a file where text belongs is refused, and so is a mask`() async throws {
    for name in ["size", "mask"] {
      let answer = try await send([.file("image", small), .file(name, small)])
      #expect(answer.status == 400)
      #expect(answer.errorParameter == name)
    }
  }

  @Test func `no image and more than five are refused`() async throws {
    #expect(try await send([]).errorParameter == "image")
    let six = Array(repeating: TestForm.Part.file("image[]", small), count: 6)
    #expect(try await send(six).errorParameter == "images")
    #expect(try await send(six.dropLast()).status == 200)
  }

  @Test func `what is not a form is refused`() async throws {
    for (type, body) in [
      ("multipart/form-data", "x"), ("multipart/form-data; boundary=x", "--y\r\n"),
      ("multipart/form-data; boundary=x", "--x\r\n"),
    ] {
      let answer = try await site.post(TestSite.edits, body, headers: site.headers(type))
      #expect(answer.status == 400)
      #expect(answer.errorCode == "invalid_request_error")
    }
  }
}
