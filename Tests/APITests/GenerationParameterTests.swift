import API
import Flux2
import HTTP
import Rendering
import Testing
import Text

/// Generations beyond the rows of the HTTP contract, which are in `Contract`.
@Suite struct GenerationParameterTests {
  @Test func `what is not given has its default`() async throws {
    let site = try TestSite()
    _ = try await site.generate()
    let plan = try #require(site.stub.plans.first)
    #expect(plan.size == PixelSize(width: 768, height: 768))
    #expect(plan.request.stepCount == 4)
    #expect(plan.request.guidanceScale == 1)
    #expect(plan.loras.isEmpty)
  }

  @Test func `what is given arrives`() async throws {
    let site = try TestSite()
    _ = try await site.generate(
      #""prompt":"a \"fox\" \ud83e\udd8a","size":"767x100","num_inference_steps":9,"seed":7,"#
        + #""guidance_scale":2.5,"lora":"dark","lora_strength":0.25"#)
    let plan = try #require(site.stub.plans.first)
    #expect(plan.request.prompt == "a \"fox\" 🦊")
    #expect(plan.size == PixelSize(width: 752, height: 96))
    #expect(plan.request.stepCount == 9)
    #expect(plan.request.seed == 7)
    #expect(plan.request.guidanceScale == 2.5)
    #expect(plan.loras.first?.name == "dark")
    #expect(plan.loras.first?.strength == 0.25)
  }

  @Test func `a LoRA without a strength has that of the registry`() async throws {
    let site = try TestSite()
    _ = try await site.generate(#""lora":"anime""#)
    #expect(site.stub.plans.first?.loras.first?.strength == 0.5)
  }

  @Test func `messages say what is allowed`() async throws {
    let site = try TestSite()
    let lora = try await site.generate(#""lora":"nope""#).errorMessage
    #expect(lora?.contains("`none`, `dark`, `anime`") == true)
    let format = try await site.generate(#""response_format":"url""#).errorMessage
    #expect(format?.contains("url") == true)
    let steps = try await site.generate(#""num_steps":51"#).errorMessage
    #expect(steps == "num_steps is 51 but must be an integer, 1 to 50")
  }

  @Test(arguments: [
    "", "{", "[]", "4", "null", #"{"a":}"#, #"{"a":1,}"#, #"{"a" 1}"#, "{'a':1}", #"{"a":01}"#,
    #"{"a":+1}"#, #"{"a":.5}"#, #"{"a":1.}"#, #"{"a":NaN}"#, #"{"a":tru}"#, #"{"a":"\x"}"#,
    #"{"a":"\ud800"}"#, #"{"a":"\udc00"}"#, #"{"a":"\ud800\u0041"}"#, "{\"a\":\"\n\"}",
    #"{"a":1} x"#, #"{"a":[1 2]}"#, #"{"a":[1,]}"#,
    #"{"user":\#(String(repeating: "[", count: 500))"#,
    #"{"user":[\#(String(repeating: "1,", count: 1100))1]}"#,
    #"{"a":"\u12"}"#, #"{"a":"\u+123"}"#, #"{"a":"abc"#, "\u{FEFF}{}",
  ])
  func `what is not JSON is refused`(text: String) async throws {
    let answer = try await TestSite().post(TestSite.generations, text)
    #expect(answer.status == 400)
    #expect(answer.errorCode == "invalid_request_error")
  }

  @Test func `text that is not UTF-8 is refused`() async throws {
    let site = try TestSite()
    for member in ["prompt", "user"] {
      let bytes = Array("{\"model\":\"epithre-iris\",\"\(member)\":\"".utf8) + [0xC3, 0x28]
      let answer = try await site.post(TestSite.generations, bytes: bytes + Array("\"}".utf8))
      #expect(answer.status == 400)
    }
  }

  @Test func `a body without a content type is refused, with keys and without`() async throws {
    for path in [TestSite.generations, TestSite.edits] {
      let site = try TestSite()
      var headers = site.headers()
      headers["content-type"] = nil
      let answer = try await site.post(path, TestSite.document(""), headers: headers)
      #expect(answer.status == 415 && answer.errorCode == "unsupported_media_type")
      let open = Service(rendering: site.stub, renders: site.renders, keys: nil)
      let (response, _) = try await InProcessClient(open).send(
        .post, path, body: Array(TestSite.document("").utf8))
      #expect(response.status.code == 415)
    }
  }

  @Test func `a byte order mark before the document is passed over`() async throws {
    let site = try TestSite()
    let answer = try await site.post(TestSite.generations, "\u{FEFF}" + TestSite.document(""))
    #expect(answer.status == 200, "\(answer.text.prefix(200))")
    let twice = try await site.post(
      TestSite.generations, "\u{FEFF}\u{FEFF}" + TestSite.document(""))
    #expect(twice.status == 400)
  }

  @Test(arguments: [
    ("application/json", 200), ("application/json; charset=utf-8", 200), ("Application/JSON", 200),
    ("text/plain", 415), ("application/x-www-form-urlencoded", 415),
    ("multipart/form-data; boundary=x", 415),
  ])
  func `generations are asked for in JSON`(type: String, status: Int) async throws {
    let site = try TestSite()
    let answer = try await site.post(
      TestSite.generations, TestSite.document(""), headers: site.headers(type))
    #expect(answer.status == status)
    if status == 415 { #expect(answer.errorCode == "unsupported_media_type") }
  }
}
