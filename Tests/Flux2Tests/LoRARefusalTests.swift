import Flux2
import Tensors
import Testing
import Text
import Weights

/// An adapter that must be refused for the `tiny` model: 48 features, 2 double and 3 single blocks.
struct UnfitAdapter: CustomTestStringConvertible, Sendable {
  let flaw: String
  let shapes: [String: [Int]]
  /// Text of the expected message.
  let says: String
  var testDescription: String { flaw }

  private static let layer = "transformer.transformer_blocks.0.attn.to_q"

  static let all = [
    UnfitAdapter(flaw: "nothing in it", shapes: [:], says: "no LoRA"),
    UnfitAdapter(
      flaw: "one matrix", shapes: ["\(layer).lora_A.weight": [2, 48]], says: "only one"),
    UnfitAdapter(flaw: "only an alpha", shapes: ["\(layer).alpha": []], says: "only one"),
    UnfitAdapter(
      flaw: "an unknown layer",
      shapes: ["transformer.transformer_blocks.0.attn.to_x.lora_A.weight": [2, 48]],
      says: "transformer.transformer_blocks.0.attn.to_x.lora_A.weight belongs to no layer"),
    UnfitAdapter(
      flaw: "a block too many",
      shapes: ["diffusion_model.double_blocks.2.img_mlp.0.lora_A.weight": [2, 48]],
      says: "double_blocks.2.img_mlp.0.lora_A.weight belongs to no layer"),
    UnfitAdapter(
      flaw: "a text encoder's layer",
      shapes: ["text_encoder.layers.0.mlp.up_proj.lora_A.weight": [2, 48]], says: "no layer"),
    UnfitAdapter(
      flaw: "a LoKr", shapes: ["diffusion_model.img_in.lokr_w1": [2, 2]], says: "LoKr"),
    UnfitAdapter(
      flaw: "a DoRA of kohya",
      shapes: [
        "lora_unet_double_blocks_0_img_attn_proj.lora_down.weight": [2, 48],
        "lora_unet_double_blocks_0_img_attn_proj.lora_up.weight": [48, 2],
        "lora_unet_double_blocks_0_img_attn_proj.dora_scale": [48, 1],
      ], says: "DoRA"),
    UnfitAdapter(
      flaw: "a DoRA of PEFT", shapes: ["\(layer).lora_magnitude_vector": [48]], says: "DoRA"),
    UnfitAdapter(
      flaw: "a LoHa", shapes: ["diffusion_model.img_in.hada_w1_a": [2, 2]], says: "LoHa"),
    UnfitAdapter(
      flaw: "a bias", shapes: ["\(layer).lora_B.bias": [48]],
      says: "\(layer).lora_B.bias is no LoRA tensor"),
    UnfitAdapter(
      flaw: "ranks that differ",
      shapes: ["\(layer).lora_A.weight": [2, 48], "\(layer).lora_B.weight": [48, 3]],
      says: "matrices [2, 48] and [48, 3]"),
    UnfitAdapter(
      flaw: "rank 0",
      shapes: ["\(layer).lora_A.weight": [0, 48], "\(layer).lora_B.weight": [48, 0]],
      says: "matrices [0, 48]"),
    UnfitAdapter(
      flaw: "a vector",
      shapes: ["\(layer).lora_A.weight": [48], "\(layer).lora_B.weight": [48, 1]],
      says: "matrices [48]"),
    UnfitAdapter(
      flaw: "another model's width",
      shapes: ["\(layer).lora_A.weight": [2, 64], "\(layer).lora_B.weight": [64, 2]],
      says: "changes 64 by 64 features, the model has 48 by 48"),
    UnfitAdapter(
      flaw: "a fused layer of the wrong height",
      shapes: [
        "double_blocks.0.img_attn.qkv.lora_A.weight": [2, 48],
        "double_blocks.0.img_attn.qkv.lora_B.weight": [48, 2],
      ], says: "changes 48 by 48 features, the model has 144 by 48"),
    UnfitAdapter(
      flaw: "an alpha that is a list",
      shapes: [
        "\(layer).lora_A.weight": [2, 48], "\(layer).lora_B.weight": [48, 2],
        "\(layer).alpha": [2],
      ], says: "no number"),
    UnfitAdapter(
      flaw: "a layer under two prefixes",
      shapes: [
        "\(layer).lora_A.weight": [2, 48], "\(layer).lora_B.weight": [48, 2],
        "transformer_blocks.0.attn.to_q.lora_B.weight": [48, 2],
      ], says: "under two names"),
    UnfitAdapter(
      flaw: "a layer under two spellings",
      shapes: [
        "\(layer).lora_A.weight": [2, 48], "\(layer).lora_B.weight": [48, 2],
        "double_blocks.0.img_attn.qkv.lora_A.weight": [2, 48],
        "double_blocks.0.img_attn.qkv.lora_B.weight": [144, 2],
      ], says: "a second time"),
  ]
}

@Suite struct LoRARefusalTests {
  @Test(arguments: UnfitAdapter.all)
  func `is refused for what is wrong with it`(unfit: UnfitAdapter) throws {
    let error = #expect(throws: Flux2Error.self) {
      try LoRAFixture.adapter(unfit.shapes)
    }
    #expect(error?.code == .adapter)
    #expect(error?.subject == "x.safetensors")
    #expect(error?.detail.contains(unfit.says) == true, "\(error?.description ?? "")")
  }

  @Test(arguments: ["", "[1]", "{\"transformer.r\":2}", #"{"transformer.lora_alpha":"3"}"#])
  func `or whose metadata cannot be read is refused`(metadata: String) throws {
    let checkpoint = Checkpoint(
      tensors: [:], name: "x", metadata: ["lora_adapter_metadata": ByteString(metadata)])
    let error = #expect(throws: Flux2Error.self) {
      try LoRAAdapter(checkpoint, for: try LoRAFixture.configuration("tiny"))
    }
    #expect(error?.detail.contains("lora_adapter_metadata") == true)
  }

  @Test func `or is missing is refused`() throws {
    let error = #expect(throws: Flux2Error.self) {
      try LoRAFixture.adapter("absent.safetensors", of: "tiny")
    }
    #expect(error?.code == .adapter)
  }

  @Test(arguments: [Float.nan, .infinity, -.infinity, .signalingNaN])
  func `an adapter's values must be finite`(value: Float) {
    for name in ["lora_A", "lora_B"] {
      var checkpoint = LoRAFixture.checkpoint([
        "\(AdapterFolder.q).lora_A.weight": [2, 48], "\(AdapterFolder.q).lora_B.weight": [48, 2],
      ])
      let shape = name == "lora_A" ? [2, 48] : [48, 2]
      checkpoint.tensors["\(AdapterFolder.q).\(name).weight"] = WeightTensor(
        Tensor(shape: shape, elements: Array(repeating: 0, count: 95) + [value]))
      let error = #expect(throws: Flux2Error.self) {
        try LoRAAdapter(checkpoint, for: try LoRAFixture.configuration("tiny"))
      }
      #expect(error?.detail.contains("infinite") == true)
    }
  }
}
