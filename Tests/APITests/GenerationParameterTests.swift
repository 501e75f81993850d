import API
import Rendering
import Testing

/// Section 2 of the HTTP contract, row by row.
@Suite struct GenerationParameterTests {
  static let samples: [Sample] = [
    .accepted(""),
    .accepted(#""model":"epithre-iris""#),
    .refused("model", #""model":"dall-e-3""#, code: "model_not_found"),
    .refused("model", #""model":"""#, code: "model_not_found"),
    .refused("model", #""model":null"#),
    .refused("model", #""model":4"#),
    .accepted(#""prompt":"\#(String(repeating: "é", count: 2000))""#),
    .accepted(#""prompt":"\#(String(repeating: "👍🏽", count: 1000))""#),
    .refused("prompt", #""prompt":"\#(String(repeating: "e", count: 2001))""#),
    .refused("prompt", #""prompt":"\#(String(repeating: "👍🏽", count: 1001))""#),
    .refused("prompt", #""prompt":"""#),
    .refused("prompt", #""prompt":null"#),
    .refused("prompt", #""prompt":"a\u0000b""#),
    .refused("prompt", #""prompt":["a"]"#),
    .accepted(#""size":"960x960""#), .accepted(#""size":"64x64""#),
    .accepted(#""size":"auto""#), .accepted(#""size":null"#), .accepted(#""size":"""#),
    .refused("size", #""size":"961x960""#), .refused("size", #""size":"960x961""#),
    .refused("size", #""size":"63x64""#), .refused("size", #""size":"0x64""#),
    .refused("size", #""size":"768""#), .refused("size", #""size":"768X768""#),
    .refused("size", #""size":"-64x64""#), .refused("size", #""size":"64x64x64""#),
    .refused("size", #""size":768"#), .refused("size", #""size":"99999999999999999999x64""#),
    .accepted(#""n":1"#), .accepted(#""n":null"#), .accepted(#""n":1.0"#),
    .refused("n", #""n":0"#), .refused("n", #""n":2"#), .refused("n", #""n":"1""#),
    .refused("n", #""n":"""#), .refused("n", #""n":true"#),
    .accepted(#""response_format":"b64_json""#), .accepted(#""response_format":null"#),
    .accepted(#""response_format":"""#), .refused("response_format", #""response_format":"url""#),
    .accepted(#""num_steps":1"#), .accepted(#""num_steps":50"#),
    .refused("num_steps", #""num_steps":0"#), .refused("num_steps", #""num_steps":51"#),
    .refused("num_steps", #""num_steps":"4""#), .refused("num_steps", #""num_steps":4.5"#),
    .refused("num_steps", #""num_steps":1e99"#), .refused("num_steps", #""num_steps":[4]"#),
    .accepted(#""num_inference_steps":50"#), .accepted(#""num_steps":7,"num_inference_steps":7"#),
    .refused("num_inference_steps", #""num_inference_steps":51"#),
    .refused("num_inference_steps", #""num_steps":7,"num_inference_steps":8"#),
    .accepted(#""seed":-1"#), .accepted(#""seed":0"#), .accepted(#""seed":9007199254740991"#),
    .refused("seed", #""seed":-2"#), .refused("seed", #""seed":9007199254740992"#),
    .refused("seed", #""seed":"1""#), .refused("seed", #""seed":1.5"#),
    .refused("seed", #""seed":99999999999999999999999"#),
    .accepted(#""guidance_scale":1.0"#), .accepted(#""guidance_scale":20"#),
    .refused("guidance_scale", #""guidance_scale":0.99"#),
    .refused("guidance_scale", #""guidance_scale":20.01"#),
    .refused("guidance_scale", #""guidance_scale":"2""#),
    .refused("guidance_scale", #""guidance_scale":1e999"#),
    .accepted(#""lora":"none""#), .accepted(#""lora":"dark","lora_strength":1.5"#),
    .accepted(#""lora":"anime","lora_strength":0"#), .accepted(#""lora_strength":1"#),
    .refused("lora", #""lora":"nope""#), .refused("lora", #""lora":"../dark""#),
    .refused("lora_strength", #""lora":"dark","lora_strength":1.51"#),
    .refused("lora_strength", #""lora":"dark","lora_strength":-0.1"#),
    .accepted(#""stream":false"#), .refused("stream", #""stream":"true""#),
    .refused("stream", #""stream":1"#), .accepted(#""partial_images":3"#),
    .refused("partial_images", #""partial_images":4"#),
    .refused("partial_images", #""partial_images":-1"#),
    .accepted(
      #""user":"x","safety_identifier":{"a":[1]},"quality":"hd","style":"vivid","moderation":"low""#
    ),
    .accepted(#""input_fidelity":"high","output_compression":80"#),
    .accepted(#""background":"opaque""#), .accepted(#""background":"auto""#),
    .refused("background", #""background":"transparent""#),
    .accepted(#""output_format":"png""#), .refused("output_format", #""output_format":"webp""#),
    .refused("mask", #""mask":"abc""#), .accepted(#""mask":null"#),
    .refused("sead", #""sead":4"#), .refused("strength", #""strength":0.5"#),
    .refused("image", #""image":"abc""#), .refused("seed", #""seed":1,"seed":1"#),
  ]

  @Test(arguments: samples)
  func `every rule holds`(_ sample: Sample) async throws {
    let site = try TestSite()
    let answer = try await site.generate(sample.members)
    #expect(answer.status == (sample.code == nil ? 200 : 400), "\(answer.text.prefix(200))")
    #expect(answer.errorCode == sample.code)
    #expect(answer.errorParameter == sample.parameter)
    #expect(site.stub.plans.count == (sample.code == nil ? 1 : 0))
    if sample.code != nil {
      #expect(try answer.error["type"] as? String == "invalid_request_error")
      #expect(try answer.error.keys.sorted() == ["code", "message", "param", "type"])
    }
  }

  @Test func `what is not given has its default`() async throws {
    let site = try TestSite()
    _ = try await site.generate()
    let plan = try #require(site.stub.plans.first)
    #expect(plan.size == PixelSize(width: 768, height: 768))
    #expect(plan.stepCount == 4)
    #expect(plan.guidanceScale == 1)
    #expect(plan.lora == nil)
  }

  @Test func `what is given arrives`() async throws {
    let site = try TestSite()
    _ = try await site.generate(
      #""prompt":"a \"fox\" \ud83e\udd8a","size":"767x100","num_inference_steps":9,"seed":7,"#
        + #""guidance_scale":2.5,"lora":"dark","lora_strength":0.25"#)
    let plan = try #require(site.stub.plans.first)
    #expect(plan.prompt == "a \"fox\" 🦊")
    #expect(plan.size == PixelSize(width: 752, height: 96))
    #expect(plan.stepCount == 9)
    #expect(plan.seed == 7)
    #expect(plan.guidanceScale == 2.5)
    #expect(plan.lora?.name == "dark")
    #expect(plan.lora?.strength == 0.25)
  }

  @Test func `a LoRA without a strength has that of the registry`() async throws {
    let site = try TestSite()
    _ = try await site.generate(#""lora":"anime""#)
    #expect(site.stub.plans.first?.lora?.strength == 0.5)
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

  @Test func `a megabyte is read and a byte more is not`() async throws {
    let site = try TestSite()
    let document = TestSite.document("")
    for (extra, status) in [(0, 200), (1, 413)] {
      let padding = String(repeating: " ", count: (1 << 20) - document.utf8.count + extra)
      let answer = try await site.post(TestSite.generations, document + padding)
      #expect(answer.status == status)
      if status == 413 { #expect(answer.errorCode == "request_too_large") }
    }
  }
}
