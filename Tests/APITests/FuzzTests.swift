import API
import HTTP
import TestSupport
import Testing

/// Random damage to good requests: any answer will do, but there must be one, and never a 5xx.
@Suite struct FuzzTests {
  private static let rounds = 3000

  @Test func `damaged JSON is answered`() async throws {
    let site = try TestSite()
    let good = TestSite.document(
      #""size":"64x64","seed":4,"n":1,"lora":"dark","images":["aGk=",{"image_url":"data:,x"}],"#
        + #""guidance_scale":1.5e0,"user":{"a":[true,null,"\u00e9\n"]}"#)
    try await damage(Array(good.utf8), site, site.headers())
  }

  @Test func `damaged forms are answered`() async throws {
    let site = try TestSite()
    let form = TestForm([
      .text("model", "epithre-iris"), .text("prompt", "x"), .text("seed", "4"),
      .file("image[]", try TestImage.png(width: 4, height: 4)), .text("image", "aGk="),
    ])
    try await damage(form.body, site, site.headers(form.contentType))
  }

  private func damage(_ good: [UInt8], _ site: TestSite, _ headers: Headers) async throws {
    var generator = SeededGenerator(seed: 42)
    for _ in 0..<Self.rounds {
      var bytes = good
      for _ in 0..<Int.random(in: 1...4, using: &generator) {
        let index = Int.random(in: 0..<bytes.count, using: &generator)
        switch Int.random(in: 0..<4, using: &generator) {
        case 0: bytes[index] = .random(in: .min ... .max, using: &generator)
        case 1: bytes.remove(at: index)
        case 2: bytes.insert(bytes[index], at: index)
        default: bytes.removeLast(min(index / 8, bytes.count - 1))
        }
      }
      let answer = try await site.post(TestSite.edits, bytes: bytes, headers: headers)
      #expect(answer.status < 500, "\(String(decoding: bytes, as: UTF8.self))")
    }
  }
}
