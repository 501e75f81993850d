import Flux2
import TensorTestSupport
import Tensors
import TestSupport
import Testing
import Text
import Weights

@Suite struct LoRASpellingTests {
  @Test(arguments: ["tiny", "compact"], try AdapterFile.all(of: "tiny"))
  func `means the same in every spelling`(model: String, file: AdapterFile) throws {
    // All spellings hold the same random matrices, but for the mixed file and their own scales.
    guard file.file != "kohya_mixed.safetensors" else { return }
    let scales: [String: Float] = [
      "peft_metadata.safetensors": 1.5, "kohya.safetensors": 1.5, "bfl_alpha.safetensors": 1.5,
      "bfl_down_up.safetensors": 1.5,
    ]
    let plain = try LoRAFixture.adapter("peft.safetensors", of: model)
    let adapter = try LoRAFixture.adapter(file.file, of: model)
    #expect(adapter.changes.keys.sorted() == plain.changes.keys.sorted())
    for (path, pair) in plain.changes {
      let other = try #require(adapter.changes[path])
      let (matrices, others) = (try #require(pair.matrices), try #require(other.matrices))
      #expect(others.down.widened() == matrices.down.widened(), "A of \(path)")
      #expect(others.up.widened() == matrices.up.widened(), "B of \(path)")
      #expect(pair.scale == 1 && other.scale == scales[file.file] ?? 1, "scale of \(path)")
    }
  }

  @Test func `may give each layer its own rank and alpha`() throws {
    let adapter = try LoRAFixture.adapter("kohya_mixed.safetensors", of: "tiny")
    let ranks = Dictionary(grouping: adapter.changes.values) { $0.matrices?.down.shape[0] ?? 0 }
    #expect(ranks.keys.sorted() == [1, 2, 3, 4, 5])
    for (rank, pairs) in ranks {
      #expect(pairs.allSatisfy { $0.scale == (2 + Float(rank)) / Float(rank) })
    }
  }

  /// Names of one layer in programs that the files above do not cover.
  @Test(arguments: [
    "base_model.model.transformer_blocks.1.attn.to_q.lora_A.weight",
    "base_model.model.diffusion_model.transformer_blocks.1.attn.to_q.lora_A.default.weight",
    "diffusion_model.transformer_blocks.1.attn.to_q.lora_A.weight",
    "diffusion_model.sformer_blocks.1.attn.to_q.lora_A.weight",
    "transformer.transformer_blocks.1.attn.to_q.lora.down.weight",
    "lora_unet_transformer_blocks_1_attn_to_q.lora_down.weight",
    "lora_transformer_transformer_blocks_1_attn_to_q.lora_down.weight",
    "transformer_blocks.1.attn.to_q.lora_down.weight",
    "transformer.transformer_blocks.1.attn.to_q.lora_A.style.weight",
    "lycoris_transformer_blocks_1_attn_to_q.lora_down.weight",
  ])
  func `may have any known prefix and ending`(down: String) throws {
    let up = down.replacing("lora_A", with: "lora_B").replacing("down", with: "up")
    let adapter = try LoRAFixture.adapter([down: [2, 48], up: [48, 2]])
    #expect(adapter.changes.keys.sorted() == ["transformer_blocks.1.attn.to_q"])
  }

  /// Names of one layer of the text encoder in the programs that train it.
  @Test(arguments: [
    "text_encoder.model.layers.3.mlp.up_proj.lora_A.weight",
    "text_encoder.layers.3.mlp.up_proj.lora_A.default.weight",
    "text_encoders.qwen3_4b.transformer.model.layers.3.mlp.up_proj.lora_down.weight",
    "text_encoders.qwen3_8b.transformer.model.layers.3.mlp.up_proj.lora_down.weight",
    "lora_te_model_layers_3_mlp_up_proj.lora_down.weight",
    "lora_te1_layers_3_mlp_up_proj.lora_down.weight",
    "base_model.model.model.layers.3.mlp.up_proj.lora_A.weight",
  ])
  func `may change the text encoder`(down: String) throws {
    let up = down.replacing("lora_A", with: "lora_B").replacing("down", with: "up")
    let adapter = try Adapter(
      LoRAFixture.checkpoint([down: [2, 40], up: [72, 2]]),
      for: try LoRAFixture.configuration("tiny"),
      textEncoder: try ReferenceModel.all[0].textEncoder().configuration)
    #expect(adapter.changes.keys.sorted() == ["text_encoder.layers.3.mlp.up_proj"])
  }

  @Test func `of a layer that diffusers fuses changes each of its projections`() throws {
    let name = "transformer.transformer_blocks.0.attn.to_added_qkv"
    let adapter = try LoRAFixture.adapter([
      "\(name).lokr_w1": [3, 1], "\(name).lokr_w2": [48, 48],
    ])
    #expect(
      adapter.changes.keys.sorted()
        == ["add_k_proj", "add_q_proj", "add_v_proj"].map { "transformer_blocks.0.attn.\($0)" })
  }

  @Test func `in BFL's spelling exchanges the halves of the final modulation`() throws {
    let name = "diffusion_model.final_layer.adaLN_modulation.1"
    let rows = (0..<96).map { Float($0) }
    var checkpoint = LoRAFixture.checkpoint(["\(name).lora_A.weight": [1, 48]])
    checkpoint.tensors["\(name).lora_B.weight"] = WeightTensor(
      Tensor(shape: [96, 1], elements: rows))
    let adapter = try Adapter(checkpoint, for: try LoRAFixture.configuration("tiny"))
    let up = try #require(adapter.changes["norm_out.linear"]?.matrices).up.widened().elements
    #expect(up == Array(rows[48...] + rows[..<48]))
  }

  @Test(arguments: [
    (#"{"transformer.lora_alpha":3,"transformer.r":2}"#, 1.5),
    (
      #"{"transformer.lora_alpha":8,"transformer.r":4,"transformer.use_rslora":true}"#,
      8 / Float(2).squareRoot()
    ),
    (#"{"transformer.lora_alpha":3,"transformer.alpha_pattern":{"to_q":5}}"#, 2.5),
    (#"{"transformer.lora_alpha":3,"transformer.alpha_pattern":{"o_q":5}}"#, 1.5),
    (
      #"{"transformer.lora_alpha":3,"transformer.alpha_pattern":{"^transformer_blocks.1.attn.to_q":7}}"#,
      3.5
    ),
    (#"{"transformer.lora_alpha":3,"transformer.alpha_pattern":{"^attn.to_q":7}}"#, 1.5),
    (#"{"transformer.lora_alpha":3,"transformer.alpha_pattern":{"to_q":5,"attn.to_q":7}}"#, 3.5),
    (
      #"{"transformer.lora_alpha":3,"transformer.alpha_pattern":{"attn.to_q":5,"^transformer_blocks.1.attn.to_q":7}}"#,
      3.5
    ),
    (#"{"text_encoder.lora_alpha":3}"#, 1),
  ])
  func `takes its scale from PEFT's configuration`(metadata: String, scale: Float) throws {
    let path = "transformer_blocks.1.attn.to_q"
    let tensors = LoRAFixture.checkpoint([
      "transformer.\(path).lora_A.weight": [2, 48], "transformer.\(path).lora_B.weight": [48, 2],
    ]).tensors
    let checkpoint = Checkpoint(
      tensors: tensors, name: "x", metadata: ["lora_adapter_metadata": ByteString(metadata)])
    let adapter = try Adapter(checkpoint, for: try LoRAFixture.configuration("tiny"))
    #expect(adapter.changes[path]?.scale == scale)
  }
}
