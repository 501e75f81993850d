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
      flaw: "a text encoder's layer, of a model without one",
      shapes: ["text_encoder.layers.0.mlp.up_proj.lora_A.weight": [2, 48]], says: "no layer"),
    UnfitAdapter(
      flaw: "half a LoKr", shapes: ["diffusion_model.img_in.lokr_w1": [2, 2]],
      says: "only one of LoKr's"),
    UnfitAdapter(
      flaw: "half a LoKr's matrix",
      shapes: ["\(layer).lokr_w1": [4, 4], "\(layer).lokr_w2_a": [12, 2]], says: "only one of its"),
    UnfitAdapter(
      flaw: "a LoKr's matrix whole and as a product",
      shapes: [
        "\(layer).lokr_w1": [4, 4], "\(layer).lokr_w2": [12, 12], "\(layer).lokr_w2_a": [12, 2],
        "\(layer).lokr_w2_b": [2, 12],
      ], says: "lokr_w2 whole and as a product"),
    UnfitAdapter(
      flaw: "a LoKr of another width",
      shapes: ["\(layer).lokr_w1": [4, 4], "\(layer).lokr_w2": [12, 13]], says: "48 by 52 features"),
    UnfitAdapter(
      flaw: "a LoKr of a larger convolution",
      shapes: ["\(layer).lokr_w1": [4, 4], "\(layer).lokr_w2": [12, 12, 3, 3]], says: "no matrix"),
    UnfitAdapter(
      flaw: "a LoKr with a core", shapes: ["\(layer).lokr_t2": [2, 2, 3, 3]], says: "Tucker"),
    UnfitAdapter(
      flaw: "a LoKr of the final modulation in an odd number of blocks",
      shapes: [
        "final_layer.adaLN_modulation.1.lokr_w1": [3, 1],
        "final_layer.adaLN_modulation.1.lokr_w2": [32, 48],
      ], says: "odd number"),
    UnfitAdapter(
      flaw: "half a LoHa",
      shapes: ["\(layer).hada_w1_a": [48, 2], "\(layer).hada_w1_b": [2, 48]],
      says: "only one of LoHa's"),
    UnfitAdapter(
      flaw: "a LoHa of two ranks",
      shapes: [
        "\(layer).hada_w1_a": [48, 2], "\(layer).hada_w1_b": [2, 48],
        "\(layer).hada_w2_a": [48, 3], "\(layer).hada_w2_b": [3, 48],
      ], says: "[2, 48] and [48, 2] beside [3, 48] and [48, 3]"),
    UnfitAdapter(
      flaw: "a rank beyond both sides",
      shapes: ["\(layer).lora_A.weight": [49, 48], "\(layer).lora_B.weight": [48, 49]],
      says: "matrices [49, 48]"),
    UnfitAdapter(
      flaw: "a layer in two ways",
      shapes: [
        "\(layer).lora_A.weight": [2, 48], "\(layer).lora_B.weight": [48, 2],
        "\(layer).diff": [48, 48],
      ], says: "in two ways at once"),
    UnfitAdapter(
      flaw: "a difference of another shape", shapes: ["\(layer).diff": [48, 47]],
      says: "48 by 47 features"),
    UnfitAdapter(
      flaw: "a bias of another length", shapes: ["\(layer).diff_b": [47]],
      says: "[47] biases for 48"),
    UnfitAdapter(
      flaw: "magnitudes of input features",
      shapes: [
        "\(layer).lora_A.weight": [2, 48], "\(layer).lora_B.weight": [48, 2],
        "\(layer).dora_scale": [1, 48],
      ], says: "[1, 48] magnitudes for 48 output"),
    UnfitAdapter(
      flaw: "a norm",
      shapes: ["lycoris_transformer_blocks_0_attn_norm_q.w_norm": [16]], says: "change of a norm"),
    UnfitAdapter(
      flaw: "an OFT", shapes: ["\(layer).oft_blocks": [2, 2]], says: "OFT"),
    UnfitAdapter(
      flaw: "a whole layer", shapes: ["\(layer).weight": [48, 48]],
      says: "\(layer).weight is no tensor of a LoRA"),
    UnfitAdapter(
      flaw: "ranks that differ",
      shapes: ["\(layer).lora_A.weight": [2, 48], "\(layer).lora_B.weight": [48, 3]],
      says: "matrices [2, 48] and [48, 3]"),
    UnfitAdapter(
      flaw: "rank 0",
      shapes: ["\(layer).lora_A.weight": [0, 48], "\(layer).lora_B.weight": [48, 0]],
      says: "an empty tensor"),
    UnfitAdapter(
      flaw: "a vector",
      shapes: ["\(layer).lora_A.weight": [48], "\(layer).lora_B.weight": [48, 1]],
      says: "[48] that is no matrix"),
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
      try Adapter(checkpoint, for: try LoRAFixture.configuration("tiny"))
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
        try Adapter(checkpoint, for: try LoRAFixture.configuration("tiny"))
      }
      #expect(error?.detail.contains("infinite") == true)
    }
  }
}
