import API
import Flux2
import Foundation
import HTTP
import Rendering
import Text

/// Section 2 of the HTTP contract.
enum GenerationRules {
  static let all = [
    prompted, sized, steered, styled, delivered, ignored, compatible, unfilled, told, mistyped,
    typed,
  ].flatMap { $0 }

  private static func size(_ width: Int, _ height: Int) -> Rule.Holds {
    { $0.plan.size == PixelSize(width: width, height: height) }
  }

  private static func name(_ length: Int) -> String { String(repeating: "k", count: length) }

  private static func words(_ count: Int, of character: String) -> String {
    #""prompt":"\#(String(repeating: character, count: count))""#
  }

  private static let prompted: [Rule] = [
    .draws("model", "the served id", #""model":"epithre-iris""#),
    .draws("model", "the served id is configurable", #""model":"mine""#)
      .when { $0.model.id = "mine" },
    .refuses("model", "another id", #""model":"dall-e-3""#, "model", code: "model_not_found"),
    .refuses("model", "an empty id", #""model":"""#, "model", code: "model_not_found"),
    .refuses("model", "null: it is required", #""model":null"#, "model"),
    .refuses("model", "a number", #""model":4"#, "model"),
    .draws("prompt", "2000 code points", words(2000, of: "e")) {
      $0.plan.request.prompt.count == 2000
    },
    .refuses("prompt", "2001 code points", words(2001, of: "e"), "prompt"),
    .draws("prompt", "2000 code points of two bytes", words(2000, of: "é")),
    .refuses("prompt", "2001 code points of two bytes", words(2001, of: "é"), "prompt"),
    .draws("prompt", "2000 code points in 1000 characters", words(1000, of: "👍🏽")),
    .refuses("prompt", "2002 code points in 1001 characters", words(1001, of: "👍🏽"), "prompt"),
    .draws("prompt", "escapes", #""prompt":"a \"fox\" \ud83e\udd8a""#) {
      $0.plan.request.prompt == "a \"fox\" 🦊"
    },
    .refuses("prompt", "empty", #""prompt":"""#, "prompt"),
    .refuses("prompt", "spaces", #""prompt":"   ""#, "prompt"),
    .refuses(
      "prompt", "white space of every kind",
      #""prompt":" \t\n\u0085\u00a0\u1680\u2009\u2028\u202f\u3000""#, "prompt"),
    .refuses(
      "prompt", "what shows nothing", #""prompt":"\u200b\u2060\ufeff\u3164\u00ad\u2800""#, "prompt"),
    .draws("prompt", "white space around a word", #""prompt":"\u3000 a\n""#) {
      $0.plan.request.prompt == "\u{3000} a\n"
    },
    .refuses("prompt", "null: it is required", #""prompt":null"#, "prompt"),
    .refuses("prompt", "NUL", #""prompt":"a\u0000b""#, "prompt"),
    .refuses("prompt", "a list", #""prompt":["a"]"#, "prompt"),
  ]

  private static let sized: [Rule] = [
    .draws("size", "768x768 when absent", "", where: size(768, 768)),
    .draws("size", "768x768 for auto", #""size":"auto""#, where: size(768, 768)),
    .draws("size", "768x768 for null", #""size":null"#, where: size(768, 768)),
    .draws("size", "768x768 for nothing", #""size":"""#, where: size(768, 768)),
    .draws("size", "960 is the longest side", #""size":"960x960""#, where: size(960, 960)),
    .refuses("size", "961 wide, before it is rounded", #""size":"961x960""#, "size"),
    .refuses("size", "961 high, before it is rounded", #""size":"960x961""#, "size"),
    .draws("size", "767 is rounded down to 752", #""size":"767x767""#, where: size(752, 752)),
    .draws("size", "959x79 is rounded down", #""size":"959x79""#, where: size(944, 64)),
    .draws("size", "the answer tells the size", #""size":"767x100""#) {
      try $0.answer.json["size"] as? String == "752x96"
    },
    .draws("size", "64 is the shortest side", #""size":"64x64""#, where: size(64, 64)),
    .refuses("size", "63", #""size":"63x64""#, "size"),
    .refuses("size", "one number", #""size":"768""#, "size"),
    .draws("size", "a capital X", #""size":"256X128""#, where: size(256, 128)),
    .draws("size", "a multiplication sign", #""size":"256×128""#, where: size(256, 128)),
    .refuses("size", "blanks", #""size":"256 x 256""#, "size"),
    .refuses("size", "an asterisk", #""size":"256*256""#, "size"),
    .refuses("size", "a sign", #""size":"-64x64""#, "size"),
    .refuses("size", "three numbers", #""size":"64x64x64""#, "size"),
    .refuses("size", "digits without end", #""size":"99999999999999999999x64""#, "size"),
  ]

  private static let steered: [Rule] = [
    .draws("num_steps", "4 when absent", "") { $0.plan.request.stepCount == 4 },
    .draws("num_steps", "1", #""num_steps":1"#) { $0.plan.request.stepCount == 1 },
    .draws("num_steps", "50", #""num_steps":50"#) { $0.plan.request.stepCount == 50 },
    .refuses("num_steps", "0", #""num_steps":0"#, "num_steps"),
    .refuses("num_steps", "51", #""num_steps":51"#, "num_steps"),
    .draws("num_steps", "the alias", #""num_inference_steps":9"#) {
      $0.plan.request.stepCount == 9
    },
    .refuses("num_steps", "51 as the alias", #""num_inference_steps":51"#, "num_inference_steps"),
    .draws("num_steps", "both, equal", #""num_steps":7,"num_inference_steps":7"#) {
      $0.plan.request.stepCount == 7
    },
    .refuses(
      "num_steps", "both, different", #""num_steps":7,"num_inference_steps":8"#,
      "num_inference_steps"),
    .draws("seed", "0", #""seed":0"#) { $0.plan.request.seed == 0 },
    .draws("seed", "2^53-1", #""seed":9007199254740991"#) {
      $0.plan.request.seed == 9_007_199_254_740_991
    },
    .refuses("seed", "2^53", #""seed":9007199254740992"#, "seed"),
    .refuses("seed", "-2", #""seed":-2"#, "seed"),
    .draws("seed", "-1 draws one, which is told", #""seed":-1"#, where: tellsSeed),
    .draws("seed", "absent, one is drawn and told", "", where: tellsSeed),
    .draws("guidance_scale", "1 when absent", "") { $0.plan.request.guidanceScale == 1 },
    .draws("guidance_scale", "1", #""guidance_scale":1"#) { $0.plan.request.guidanceScale == 1 },
    .draws("guidance_scale", "20", #""guidance_scale":20.0"#) {
      $0.plan.request.guidanceScale == 20
    },
    .refuses("guidance_scale", "0.99", #""guidance_scale":0.99"#, "guidance_scale"),
    .refuses("guidance_scale", "20.01", #""guidance_scale":20.01"#, "guidance_scale"),
  ]

  private static let styled: [Rule] = [
    .draws("lora", "none when absent", "") { $0.plan.loras.isEmpty },
    .draws("lora", "none", #""lora":"none""#) { $0.plan.loras.isEmpty },
    .draws("lora", "a name of the registry", #""lora":"anime""#) {
      $0.plan.loras.first?.name == "anime"
    },
    .refuses("lora", "an unknown name", #""lora":"nope""#, "lora"),
    .refuses("lora", "a path", #""lora":"../dark""#, "lora"),
    .draws("lora_strength", "0.6 when absent", #""lora":"dark""#) {
      $0.plan.loras.first?.strength == 0.6
    },
    .draws("lora_strength", "0", #""lora":"dark","lora_strength":0"#) {
      $0.plan.loras.first?.strength ?? 0 == 0
    },
    .draws("lora_strength", "1.5", #""lora":"dark","lora_strength":1.5"#) {
      $0.plan.loras.first?.strength == 1.5
    },
    .refuses("lora_strength", "1.51", #""lora":"dark","lora_strength":1.51"#, "lora_strength"),
    .refuses("lora_strength", "-0.01", #""lora":"dark","lora_strength":-0.01"#, "lora_strength"),
    .draws(
      "loras", "each with a strength", #""loras":[{"name":"dark","strength":1},{"name":"anime"}]"#
    ) {
      $0.plan.loras.map(\.name) == ["anime", "dark"] && $0.plan.loras.map(\.strength) == [0.5, 1]
    },
    .draws("loras", "an empty list adds none", #""loras":[],"lora":"dark""#) {
      $0.plan.loras.map(\.name) == ["dark"]
    },
    .draws("loras", "null adds none", #""loras":null"#) { $0.plan.loras.isEmpty },
    .draws("loras", "beside a lora of none", #""loras":[{"name":"dark"}],"lora":"none""#) {
      $0.plan.loras.map(\.strength) == [0.6]
    },
    .refuses("loras", "beside a lora", #""loras":[{"name":"dark"}],"lora":"anime""#, "loras"),
    .refuses("loras", "one twice", #""loras":[{"name":"dark"},{"name":"dark"}]"#, "loras"),
    .refuses("loras", "none in a list", #""loras":[{"name":"none"}]"#, "loras"),
    .refuses("loras", "an unknown name", #""loras":[{"name":"nope"}]"#, "loras"),
    .refuses("loras", "a path", #""loras":[{"name":"../dark"}]"#, "loras"),
    .refuses("loras", "no name", #""loras":[{"strength":1}]"#, "loras"),
    .refuses("loras", "another member", #""loras":[{"name":"dark","scale":1}]"#, "loras"),
    .refuses("loras", "a name alone", #""loras":["dark"]"#, "loras"),
    .refuses("loras", "no list", #""loras":{"name":"dark"}"#, "loras"),
    .refuses("loras", "a strength of 1.51", #""loras":[{"name":"dark","strength":1.51}]"#, "loras"),
    .refuses(
      "loras", "a strength of -0.01", #""loras":[{"name":"dark","strength":-0.01}]"#, "loras"),
    .refuses("loras", "a strength in text", #""loras":[{"name":"dark","strength":"1"}]"#, "loras"),
    .refuses(
      "loras", "nine",
      #""loras":[\#(Array(repeating: #"{"name":"dark"}"#, count: 9).joined(separator: ","))]"#,
      "loras"),
    .draws("lora_strength", "without a LoRA it has no effect", #""lora_strength":1"#) {
      $0.plan.loras.isEmpty
    },
  ]

  private static let tellsSeed: Rule.Holds = { drawing in
    let data = try drawing.answer.json["data"] as? [[String: Any]]
    return data?.first?["seed"] as? Int == Int(exactly: drawing.plan.request.seed)
  }

  private static let delivered: [Rule] = [
    .draws("n", "1", #""n":1"#), .draws("n", "null means 1", #""n":null"#),
    .refuses("n", "0", #""n":0"#, "n"), .refuses("n", "2", #""n":2"#, "n"),
    .refuses("n", "an empty string", #""n":"""#, "n"),
    .forms("n", "an empty part means 1", { try [EditRules.file(), .text("n", "")] }),
    .forms("n", "0 in a form means 1", { try [EditRules.file(), .text("n", "0")] }),
    .refusesForm("n", "2 in a form", "n") { try [EditRules.file(), .text("n", "2")] },
    .draws("response_format", "b64_json", #""response_format":"b64_json""#),
    .draws("response_format", "null means b64_json", #""response_format":null"#),
    .draws("response_format", "nothing means b64_json", #""response_format":"""#),
    .refuses("response_format", "url", #""response_format":"url""#, "response_format"),
    .draws("stream, partial_images", "false", #""stream":false"#) {
      $0.answer.response.headers["content-type"] == "application/json"
    },
    .draws("stream, partial_images", "true", #""stream":true"#) {
      $0.answer.response.headers["content-type"]?.starts(with: "text/event-stream".utf8) == true
        && $0.answer.text.contains("event: image_generation.completed\n")
    },
    .draws("stream, partial_images", "0", #""stream":true,"partial_images":0"#) {
      !$0.answer.text.contains("partial_image\n")
    },
    .draws("stream, partial_images", "3", #""stream":true,"partial_images":3"#) {
      $0.answer.text.components(separatedBy: "event: image_generation.partial_image\n").count == 4
    },
    .refuses("stream, partial_images", "4", #""partial_images":4"#, "partial_images"),
    .refuses("stream, partial_images", "-1", #""partial_images":-1"#, "partial_images"),
  ]

  private static let ignored: [Rule] =
    [
      ("user", #""x""#), ("safety_identifier", #"{"a":[1]}"#), ("quality", #""hd""#),
      ("complexity", #""high""#),
      ("style", #""vivid""#), ("moderation", #""low""#), ("input_fidelity", #""high""#),
      ("output_compression", "80"),
    ].map { .draws("ignored", "\($0)", #""\#($0)":\#($1)"#) }

  private static let compatible: [Rule] = [
    .draws("ignored", "an opaque background", #""background":"opaque""#),
    .draws("ignored", "an automatic background", #""background":"auto""#),
    .draws("ignored", "png", #""output_format":"png""#),
    .refuses("refused", "transparency", #""background":"transparent""#, "background"),
    .refuses("refused", "jpeg", #""output_format":"jpeg""#, "output_format"),
    .refuses("refused", "webp", #""output_format":"webp""#, "output_format"),
    .refuses("refused", "a mask", #""mask":"abc""#, "mask"),
    .refuses("refused", "a mask that is a list", #""mask":[]"#, "mask"),
    .refuses("refused", "markup", #""markup":"abc""#, "markup"),
    .refuses("refused", "a negative prompt", #""negative_prompt":"blur""#, "negative_prompt"),
    .refuses("refused", "a blank negative prompt", #""negative_prompt":" ""#, "negative_prompt"),
    .refuses("refused", "an animation", #""frame_count":9"#, "frame_count"),
    .refuses("refused", "the pace of one", #""frame_duration_ms":200"#, "frame_duration_ms"),
    .refuses("refused", "SVG", #""svg":{"model":"gpt-5"}"#, "svg"),
    .refuses("unknown", "a misspelt seed", #""sead":4"#, "sead"),
    .refuses("unknown", "the strength of edits", #""strength":0.5"#, "strength"),
    .refuses("unknown", "the image of edits", #""image":"abc""#, "image"),
    .draws(
      "unknown", "null for what edits have", #""image":null,"images":null,"strength":null"#),
    .draws("unknown", "nothing for the image of edits", #""image":"""#),
    .refuses("unknown", "null for what nothing has", #""sead":null"#, "sead"),
    .refuses("unknown", "no name", #""":1"#, ""),
    .refuses("unknown", "64 bytes", #""\#(name(64))":1"#, name(64)),
    .refuses("unknown", "65 bytes", #""\#(name(65))":1"#, name(64) + "…"),
    .refuses("unknown", "a choice of 65 bytes", #""lora":"\#(name(65))""#, "lora"),
    .refuses("unknown", "another spelling of a name", #""promp\u0074":"x""#, "prompt"),
    .refuses("unknown", "a field twice", #""seed":1,"seed":1"#, "seed"),
  ]

  private static let unfilled: [Rule] =
    ["mask", "markup", "negative_prompt", "frame_count", "frame_duration_ms", "svg"].flatMap {
      [
        .draws("refused", "null as \($0) is none", #""\#($0)":null"#),
        .draws("refused", "nothing as \($0) is none", #""\#($0)":"""#),
      ]
    }

  private static let answered: Rule.Holds = {
    let answer = try $0.answer.json
    let usage = answer["usage"] as? [String: Any]
    return answer["background"] as? String == "opaque" && answer["quality"] as? String == "medium"
      && answer["output_format"] as? String == "png" && answer["size"] as? String == "256x128"
      && usage?["output_tokens_details"] as? [String: Int] == [
        "text_tokens": 0, "image_tokens": 128,
      ]
      && usage?["input_tokens_details"] as? [String: Int] == ["text_tokens": 3, "image_tokens": 0]
  }

  private static let told: [Rule] = [
    .draws(
      "answer", "what OpenAI's types have", #""size":"256x128","quality":"high""#, where: answered)
  ]

  private static let mistyped: [Rule] =
    [
      ("num_steps", #""4""#), ("num_steps", "4.5"), ("num_steps", "1e99"), ("num_steps", "[4]"),
      ("num_steps", "true"), ("seed", #""1""#), ("seed", "1.5"),
      ("seed", "99999999999999999999999"), ("guidance_scale", #""2""#),
      ("guidance_scale", "1e999"), ("lora_strength", #""1""#), ("n", #""1""#), ("n", "true"),
      ("stream", #""true""#), ("stream", "1"), ("partial_images", #""1""#), ("size", "768"),
      ("lora", "1"), ("response_format", "1"),
    ].map { (name: String, value: String) -> Rule in
      .refuses("types", "\(value) as \(name)", #""\#(name)":\#(value)"#, name)
    }

  private static let parsesText: Rule.Holds = {
    $0.plan.request.stepCount == 7 && $0.plan.request.seed == 9_007_199_254_740_991
      && $0.plan.request.guidanceScale == 2.5
  }

  private static let typed: [Rule] = [
    .draws("types", "1.0 is an integer", #""num_steps":4.0,"n":1.0"#),
    .forms("types", "numbers and booleans are text in a form", where: parsesText) {
      try [
        EditRules.file(), .text("num_steps", "7"), .text("seed", "9007199254740991"),
        .text("guidance_scale", "2.5"), .text("stream", "False"),
      ]
    },
    .refusesForm("types", "a word for a number in a form", "num_steps") {
      try [EditRules.file(), .text("num_steps", "four")]
    },
    .refusesForm("types", "a word for a boolean in a form", "stream") {
      try [EditRules.file(), .text("stream", "yes")]
    },
  ]
}
