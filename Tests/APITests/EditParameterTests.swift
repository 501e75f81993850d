import API
import Flux2
import Foundation
import HTTP
import Imaging
import Rendering
import Testing
import Text

/// Edits beyond the rows of the HTTP contract, which are in `Contract`.
@Suite struct EditParameterTests {
  private static let image = EditRules.base64Image

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
    #expect(Set(site.stub.plans.map { $0.request.references.first?.pixels.count }).count == 1)
  }

  @Test func `a compressed body is refused`() async throws {
    let site = try TestSite()
    var headers = site.headers()
    headers["content-encoding"] = "gzip"
    #expect(try await site.post(TestSite.edits, "{}", headers: headers).status == 415)
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

  @Test func `a body of 49 MB is read to its end`() async throws {
    let site = try TestSite()
    let size = 18 << 20
    let files = [try TestImage.png(byteCount: size), [UInt8](repeating: 0x55, count: size)]
    let body = TestSite.document(files: files)
    #expect(body.count > 49_000_000)
    let answer = try await site.post(TestSite.edits, bytes: body)
    #expect(answer.errorCode == "unsupported_image_format")
    #expect(answer.errorParameter == "images")
  }
}
