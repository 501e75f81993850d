import API
import Foundation
import HTTP
import Imaging
import Rendering
import Testing

/// Section 3 of the HTTP contract, in JSON.
@Suite struct EditParameterTests {
  /// A picture of 64x64 in base64.
  static let picture = Data((try? TestImage.png(width: 64, height: 64)) ?? []).base64EncodedString()

  static let samples: [Sample] = {
    let image = #""\#(picture)""#
    func list(_ count: Int) -> String {
      Array(repeating: image, count: count).joined(separator: ",")
    }
    return [
      .accepted(#""image":\#(image)"#), .accepted(#""images":[\#(image)]"#),
      .accepted(#""images":[\#(list(5))]"#),
      .refused("images", #""images":[\#(list(6))]"#), .refused("images", #""images":[]"#),
      .refused("image", ""), .refused("image", #""image":null,"images":null"#),
      .refused("images", #""image":\#(image),"images":[\#(image)]"#),
      .refused("image", #""image":[\#(image)]"#), .refused("images", #""images":\#(image)"#),
      .refused("images", #""images":[4]"#), .refused("images", #""images":[null]"#),
      .accepted(#""images":[{"image_url":"data:image/png;base64,\#(picture)"}]"#),
      .refused("images", #""images":[{"file_id":"file-1"}]"#),
      .refused("images", #""images":[{"image_url":"data:,x","detail":"low"}]"#),
      .refused("images", #""images":[{"image_url":"https://example.org/a.png"}]"#),
      .refused("image", #""image":"http://169.254.169.254/latest""#),
      .refused("image", #""image":"HTTPS://example.org/a.png""#),
      .accepted(#""image":"data:image/jpeg;base64,\#(picture)""#),
      .accepted(#""image":"DATA:;BASE64,\#(picture)""#),
      .refused("image", #""image":"data:image/png,\#(picture)""#, code: "invalid_base64"),
      .refused("image", #""image":"data:""#, code: "invalid_base64"),
      .refused("image", #""image":"a b""#, code: "invalid_base64"),
      .refused("image", #""image":"YWI*""#, code: "invalid_base64"),
      .refused("image", #""image":"YWJjZ""#, code: "invalid_base64"),
      .refused("image", #""image":"YWI==""#, code: "invalid_base64"),
      .refused("image", #""image":"YW=I""#, code: "invalid_base64"),
      .refused("image", #""image":"YWJ""#, code: "invalid_base64"),
      .refused("image", #""image":"""#, code: "invalid_image"),
      .refused("image", #""image":"aGVsbG8gd29ybGQ=""#, code: "unsupported_image_format"),
      .refused(
        "image", #""image":"\#(picture.prefix(picture.count / 8 * 4))""#, code: "invalid_image"),
      .accepted(#""image":\#(image),"size":"704x704""#),
      .refused("size", #""image":\#(image),"size":"705x64""#),
      .refused("size", #""image":\#(image),"size":"768x768""#),
      .accepted(#""image":\#(image),"strength":0"#), .accepted(#""image":\#(image),"strength":1"#),
      .refused("strength", #""image":\#(image),"strength":1.01"#),
      .refused("strength", #""image":\#(image),"strength":-0.01"#),
      .refused("strength", #""image":\#(image),"strength":"1""#),
      .refused("mask", #""image":\#(image),"mask":\#(image)"#),
      .refused("sead", #""image":\#(image),"sead":1"#),
    ]
  }()

  @Test(arguments: samples)
  func `every rule holds`(_ sample: Sample) async throws {
    let site = try TestSite()
    let answer = try await site.edit(sample.members)
    #expect(answer.status == (sample.code == nil ? 200 : 400), "\(answer.text.prefix(200))")
    #expect(answer.errorCode == sample.code)
    #expect(answer.errorParameter == sample.parameter)
  }

  @Test(arguments: [0, 1, 2])
  func `base64 is read in every spelling`(remainder: Int) async throws {
    let site = try TestSite()
    let file = try TestImage.png(byteCount: 900 + remainder)
    let standard = Data(file).base64EncodedString()
    let bare = standard.replacingOccurrences(of: "=", with: "")
    let safe = standard.replacingOccurrences(of: "+", with: "-").replacingOccurrences(
      of: "/", with: "_")
    let folded = Data(file).base64EncodedString(options: [.lineLength76Characters]) + "\r\n"
    let ragged = standard.enumerated().map { $0 % 7 == 0 ? "\n\($1)" : "\($1)" }.joined()
    for text in [standard, bare, safe, folded, ragged] {
      let escaped = try #require(
        String(data: JSONEncoder().encode(text), encoding: .utf8))
      let answer = try await site.edit(#""image":\#(escaped)"#)
      #expect(answer.status == 200, "\(answer.text.prefix(200))")
    }
    #expect(Set(site.stub.plans.map { $0.references.first?.pixels.count }).count == 1)
  }

  @Test func `a data URI can be forbidden`() async throws {
    let site = try TestSite { $0.requiresPlainBase64 = true }
    let refused = try await site.edit(#""image":"data:image/png;base64,\#(Self.picture)""#)
    #expect(refused.errorCode == "invalid_base64")
    #expect(try await site.edit(#""image":"\#(Self.picture)""#).status == 200)
  }

  @Test(arguments: [(0, 200), (1, 400)])
  func `an image may have 20 MB and not a byte more`(extra: Int, status: Int) async throws {
    let site = try TestSite()
    let file = try TestImage.png(byteCount: (20 << 20) + extra)
    let answer = try await site.edit(files: [file])
    #expect(answer.status == status, "\(answer.text.prefix(200))")
    if extra == 1 { #expect(answer.errorCode == "image_too_large") }
    let form = TestForm([
      .text("model", "epithre-iris"), .text("prompt", "x"), .file("image", file),
    ])
    let formAnswer = try await site.post(
      TestSite.edits, bytes: form.body, headers: site.headers(form.contentType))
    #expect(formAnswer.status == status, "\(formAnswer.text.prefix(200))")
    if extra == 1 {
      #expect(formAnswer.errorCode == "image_too_large")
      #expect(formAnswer.errorParameter == "image")
    }
  }

  @Test(arguments: [(0, 200), (1, 413)])
  func `a body may have 50 MB and not a byte more`(extra: Int, status: Int) async throws {
    let site = try TestSite()
    let document = TestSite.document(#""image":"\#(Self.picture)""#)
    let padding = [UInt8](repeating: 0x20, count: (50 << 20) - document.utf8.count + extra)
    let answer = try await site.post(TestSite.edits, bytes: Array(document.utf8) + padding)
    #expect(answer.status == status)
    if extra == 1 {
      #expect(try answer.error["type"] as? String == "request_too_large")
    }
  }

  @Test(arguments: [
    ((100, 100), (96, 96)), ((704, 704), (704, 704)), ((1408, 704), (704, 352)),
    ((767, 100), (704, 80)), ((30, 40), (64, 64)), ((70, 70), (64, 64)),
  ])
  func `the first image decides the size`(
    source: (Int, Int), size: (Int, Int)
  ) async throws {
    let site = try TestSite()
    let image = Data(try TestImage.png(width: source.0, height: source.1)).base64EncodedString()
    let answer = try await site.edit(#""images":["\#(image)","\#(Self.picture)"]"#)
    #expect(try answer.json["size"] as? String == "\(size.0)x\(size.1)")
    #expect(site.stub.plans.first?.references.count == 2)
  }

  @Test func `an image longer than eight to one is refused`() async throws {
    let image = Data(try TestImage.png(width: 900, height: 100)).base64EncodedString()
    let answer = try await TestSite().edit(#""image":"\#(image)""#)
    #expect(answer.errorCode == "invalid_image")
  }

  @Test(arguments: ["text/plain", "application/octet-stream", "image/png", ""])
  func `edits are neither plain text nor files`(type: String) async throws {
    let site = try TestSite()
    var headers = site.headers(type)
    if type.isEmpty { headers["content-type"] = nil }
    let answer = try await site.post(TestSite.edits, "{}", headers: headers)
    #expect(answer.status == 415)
    #expect(answer.errorCode == "unsupported_media_type")
  }

  @Test func `a compressed body is refused`() async throws {
    let site = try TestSite()
    var headers = site.headers()
    headers["content-encoding"] = "gzip"
    #expect(try await site.post(TestSite.edits, "{}", headers: headers).status == 415)
  }

  @Test func `what would take too much memory is refused, not tried`() async throws {
    let site = try TestSite(stub: StubRendering(bytesPerPixel: 1000)) {
      $0.memoryBytes = 500_000_000
    }
    let refused = try await site.generate(#""size":"960x960""#)
    #expect(refused.status == 400)
    #expect(refused.errorParameter == "size")
    #expect(try await site.generate(#""size":"640x640""#).status == 200)
  }

  @Test func `images beyond the memory are refused as busy`() async throws {
    let site = try TestSite { $0.memoryBytes = 1000 }
    let answer = try await site.edit(#""image":"\#(Self.picture)""#)
    #expect(answer.status == 429)
    #expect(answer.errorCode == "backend_busy")
  }

  @Test func `messages never repeat what an image holds`() async throws {
    let site = try TestSite()
    let secret = "c2VjcmV0IHBpeGVscw=="
    for members in [#""image":"\#(secret)""#, #""seed":"\#(secret)","image":"\#(secret)""#] {
      let answer = try await site.edit(members)
      #expect(answer.status == 400)
      #expect(!answer.text.contains(secret))
    }
  }

  @Test func `a body of 49 MB is read within a second`() async throws {
    let site = try TestSite()
    let file = [UInt8](repeating: 0x55, count: 18 << 20)
    let body = TestSite.document(files: [file, file])
    #expect(body.count > 49_000_000)
    var fastest = Duration.seconds(1000)
    // Other tests run beside this one: the fastest of several tries says what reading takes.
    for _ in 0..<30 where fastest >= .seconds(1) {
      let start = ContinuousClock.now
      let answer = try await site.post(TestSite.edits, bytes: body)
      fastest = min(fastest, ContinuousClock.now - start)
      #expect(answer.errorCode == "unsupported_image_format")
    }
    #expect(fastest < .seconds(1))
  }
}
