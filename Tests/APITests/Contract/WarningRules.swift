import Foundation
import Rendering
import TestSupport

/// The rules of the HTTP contract about warnings.
enum WarningRules {
  static let all = [vain, harmless, streamed, edited, queried].flatMap { $0 }

  /// Returns whether the response has exactly these codes.
  static func codes(_ expected: String...) -> Rule.Holds {
    { drawing in
      let warnings = try drawing.answer.json["warnings"] as? [[String: String]]
      return warnings?.map { $0["code"] } == expected
        && warnings?.allSatisfy { $0.count == 2 && $0["message"]?.isEmpty == false } == true
    }
  }

  private static let vain: [Rule] = [
    .draws("warnings", "none", "", where: codes()),
    .draws(
      "warnings", "a size that is rounded", #""size":"767x100""#, where: codes("size_rounded")),
    .draws(
      "warnings", "a LoRA's strength without one", #""lora_strength":1"#,
      where: codes("lora_strength_unused")),
    .draws(
      "warnings", "a LoRA's strength beside a list",
      #""loras":[{"name":"dark"}],"lora_strength":1"#, where: codes("lora_strength_unused")),
    .draws(
      "warnings", "a LoRA's strength beside none", #""lora":"none","lora_strength":1"#,
      where: codes("lora_strength_unused")),
    .draws("warnings", "quality", #""quality":"hd""#, where: codes("parameter_ignored")),
    .draws("warnings", "complexity", #""complexity":"low""#, where: codes("parameter_ignored")),
    .draws("warnings", "style", #""style":"vivid""#, where: codes("parameter_ignored")),
    .draws(
      "warnings", "input_fidelity", #""input_fidelity":"high""#, where: codes("parameter_ignored")),
    .draws(
      "warnings", "previews without a stream", #""partial_images":2"#,
      where: codes("parameter_ignored")),
    .draws(
      "warnings", "several", #""quality":"hd","size":"100x100""#,
      where: codes("parameter_ignored", "size_rounded")),
  ]

  private static let harmless: [Rule] =
    [
      #""quality":"auto""#, #""quality":"standard""#, #""quality":"""#, #""quality":null"#,
      #""style":null"#, #""style":"""#, #""input_fidelity":"low""#, #""user":"x""#,
      #""moderation":"low""#, #""background":"opaque""#, #""size":"768x80""#,
      #""lora":"dark","lora_strength":1"#,
    ].map { .draws("warnings", "none for \($0)", $0, where: codes()) }

  private static let streamed: [Rule] = [
    .draws(
      "warnings", "more previews than steps", #""stream":true,"partial_images":3,"num_steps":2"#
    ) {
      $0.answer.text.contains(#""warnings":[{"code":"previews_reduced""#)
    },
    .draws("warnings", "a stream without any", #""stream":true,"partial_images":3"#) {
      $0.answer.text.contains(#""warnings":[]"#)
    },
  ]

  /// A generation whose path goes on with a query.
  private static func queried(_ query: String, _ name: String, _ codes: String...) -> Rule {
    var request = ContractRequest.generation("")
    request.path += query
    return Rule(
      row: "warnings", name: name, request: request,
      outcome: .draws { drawing in
        try (drawing.answer.json["warnings"] as? [[String: String]])?.map { $0["code"] } == codes
      })
  }

  private static let queried: [Rule] = [
    queried("?size=64x64", "a parameter in the query", "parameter_ignored"),
    queried("?api-version=2026-01-01", "none for what Azure's clients send"),
    queried("?", "none for an empty query"),
  ]

  private static func fixture(_ path: String) -> String {
    Data((try? Fixture.bytes("imaging/\(path)")) ?? []).base64EncodedString()
  }

  private static let edited: [Rule] = [
    .edits(
      "warnings", "an animation", #""image":"\#(fixture("gif/animated.gif"))""#,
      where: codes("frames_ignored")),
    .edits(
      "warnings", "a transparent image among several",
      #""images":["\#(EditRules.base64Image)","\#(fixture("png/rgba-8.png"))"]"#,
      where: codes("transparency_flattened")),
    .edits(
      "warnings", "strength of several images",
      #""images":["\#(EditRules.base64Image)","\#(EditRules.base64Image)"],"strength":0.5"#,
      where: codes("strength_unused")),
    .edits(
      "warnings", "strength of one image", #""image":"\#(EditRules.base64Image)","strength":0.5"#,
      where: codes()),
  ]
}
