import Flux2
import TensorTestSupport
import Tensors
import Testing
import Weights

/// A transformer of one double and one single block in BFL's spelling, with klein's head width.
enum SingleFileTransformer {
  static let shapes: [String: [Int]] = [
    "img_in.weight": [128, 16], "txt_in.weight": [128, 24],
    "time_in.in_layer.weight": [128, 32], "time_in.out_layer.weight": [128, 128],
    "double_stream_modulation_img.lin.weight": [768, 128],
    "double_stream_modulation_txt.lin.weight": [768, 128],
    "single_stream_modulation.lin.weight": [384, 128],
    "double_blocks.0.img_attn.qkv.weight": [384, 128],
    "double_blocks.0.img_attn.proj.weight": [128, 128],
    "double_blocks.0.img_attn.norm.query_norm.scale": [128],
    "double_blocks.0.img_attn.norm.key_norm.scale": [128],
    "double_blocks.0.img_mlp.0.weight": [512, 128], "double_blocks.0.img_mlp.2.weight": [128, 256],
    "double_blocks.0.txt_attn.qkv.weight": [384, 128],
    "double_blocks.0.txt_attn.proj.weight": [128, 128],
    "double_blocks.0.txt_attn.norm.query_norm.scale": [128],
    "double_blocks.0.txt_attn.norm.key_norm.scale": [128],
    "double_blocks.0.txt_mlp.0.weight": [512, 128], "double_blocks.0.txt_mlp.2.weight": [128, 256],
    "single_blocks.0.linear1.weight": [896, 128], "single_blocks.0.linear2.weight": [128, 384],
    "single_blocks.0.norm.query_norm.scale": [128], "single_blocks.0.norm.key_norm.scale": [128],
    "final_layer.adaLN_modulation.1.weight": [256, 128], "final_layer.linear.weight": [16, 128],
  ]

  /// The target of each tensor: its name in diffusers, and its part of the rows and their number.
  static let places: [String: (name: String, part: Int, of: Int)] = {
    let (double, single) = ("transformer_blocks.0", "single_transformer_blocks.0.attn")
    var places: [String: (name: String, part: Int, of: Int)] = [:]
    for (part, name) in ["to_q", "to_k", "to_v"].enumerated() {
      places["\(double).attn.\(name)"] = ("double_blocks.0.img_attn.qkv.weight", part, 3)
    }
    for (part, name) in ["add_q_proj", "add_k_proj", "add_v_proj"].enumerated() {
      places["\(double).attn.\(name)"] = ("double_blocks.0.txt_attn.qkv.weight", part, 3)
    }
    for (name, original) in [
      "x_embedder": "img_in.weight", "context_embedder": "txt_in.weight",
      "time_guidance_embed.timestep_embedder.linear_1": "time_in.in_layer.weight",
      "time_guidance_embed.timestep_embedder.linear_2": "time_in.out_layer.weight",
      "double_stream_modulation_img.linear": "double_stream_modulation_img.lin.weight",
      "double_stream_modulation_txt.linear": "double_stream_modulation_txt.lin.weight",
      "single_stream_modulation.linear": "single_stream_modulation.lin.weight",
      "\(double).attn.norm_q": "double_blocks.0.img_attn.norm.query_norm.scale",
      "\(double).attn.norm_k": "double_blocks.0.img_attn.norm.key_norm.scale",
      "\(double).attn.norm_added_q": "double_blocks.0.txt_attn.norm.query_norm.scale",
      "\(double).attn.norm_added_k": "double_blocks.0.txt_attn.norm.key_norm.scale",
      "\(double).attn.to_out.0": "double_blocks.0.img_attn.proj.weight",
      "\(double).attn.to_add_out": "double_blocks.0.txt_attn.proj.weight",
      "\(double).ff.linear_in": "double_blocks.0.img_mlp.0.weight",
      "\(double).ff.linear_out": "double_blocks.0.img_mlp.2.weight",
      "\(double).ff_context.linear_in": "double_blocks.0.txt_mlp.0.weight",
      "\(double).ff_context.linear_out": "double_blocks.0.txt_mlp.2.weight",
      "\(single).to_qkv_mlp_proj": "single_blocks.0.linear1.weight",
      "\(single).to_out": "single_blocks.0.linear2.weight",
      "\(single).norm_q": "single_blocks.0.norm.query_norm.scale",
      "\(single).norm_k": "single_blocks.0.norm.key_norm.scale",
      "proj_out": "final_layer.linear.weight",
    ] {
      places[name] = (original, 0, 1)
    }
    return places
  }()

  /// The file, every element of which differs from its neighbours.
  static func checkpoint(prefix: String = "") -> Checkpoint {
    var tensors: [String: WeightTensor] = [:]
    for (offset, (name, shape)) in shapes.sorted(by: { $0.key < $1.key }).enumerated() {
      let count = shape.reduce(1, *)
      tensors[prefix + name] = WeightTensor(
        Tensor(shape: shape, elements: (0..<count).map { Float($0 % 8191 + offset * 10_000) }))
    }
    return Checkpoint(tensors: tensors, name: "flux.safetensors")
  }
}

@Suite struct SingleFileTransformerTests {
  @Test(arguments: ["", "model.diffusion_model.", "diffusion_model."])
  func `gets the names and rows of diffusers`(prefix: String) throws {
    let source = SingleFileTransformer.checkpoint()
    let converted = try SingleFile.transformer(SingleFileTransformer.checkpoint(prefix: prefix))
    let names =
      SingleFileTransformer.places.keys.map { "\($0).weight" } + ["norm_out.linear.weight"]
    #expect(converted.tensors.keys.sorted() == names.sorted())
    for (path, place) in SingleFileTransformer.places {
      let tensor = try #require(converted.tensors["\(path).weight"])
      let original = try #require(source.tensors[place.name])
      let rows = (original.shape.first ?? 0) / place.of
      #expect(
        tensor.widened() == original.rows(rows * place.part..<rows * (place.part + 1)).widened(),
        "\(path)")
    }
  }

  @Test func `gets the same fingerprint however it is spelled and stored`() throws {
    var plain = SingleFileTransformer.checkpoint()
    plain.tensors = plain.tensors.mapValues { tensor in
      // Half the bytes of each element are enough to look like bfloat16.
      WeightTensor(
        shape: tensor.shape, dtype: .bfloat16, address: tensor.address, owner: tensor.owner)
    }
    let once = try SingleFile.transformer(plain)
    let modulation = try #require(once.tensors["norm_out.linear.weight"])
    #expect(modulation.dtype == .bfloat16)
    #expect(try SingleFile.transformer(once).fingerprint() == once.fingerprint())
  }

  @Test func `has the halves of its final modulation exchanged`() throws {
    let source = SingleFileTransformer.checkpoint()
    let converted = try SingleFile.transformer(source)
    let original = try #require(source.tensors["final_layer.adaLN_modulation.1.weight"]).widened()
    let swapped = try #require(converted.tensors["norm_out.linear.weight"]).widened()
    #expect(swapped.rows(0..<128) == original.rows(128..<256))
    #expect(swapped.rows(128..<256) == original.rows(0..<128))
  }

  @Test func `tells its configuration and fits it`() throws {
    let converted = try SingleFile.transformer(SingleFileTransformer.checkpoint())
    let configuration = try TransformerConfiguration(inferredFrom: converted)
    #expect(configuration.doubleBlockCount == 1 && configuration.singleBlockCount == 1)
    #expect(configuration.headCount == 1 && configuration.headDim == 128)
    #expect(configuration.jointAttentionDim == 24 && configuration.inChannels == 16)
    #expect(configuration.intermediateSize == 256 && configuration.timestepChannels == 32)
    #expect(configuration.ropeTheta == 2000 && configuration.axisDims == [32, 32, 32, 32])
    _ = try Transformer(configuration, converted)
  }

  @Test func `in diffusers' spelling stays as it is`() throws {
    let converted = try SingleFile.transformer(SingleFileTransformer.checkpoint())
    #expect(try SingleFile.transformer(converted).tensors.keys == converted.tensors.keys)
  }

  @Test func `keeps what has no place, for the model to report`() throws {
    var checkpoint = SingleFileTransformer.checkpoint()
    for name in [
      "guidance_in.in_layer.weight", "double_blocks.7.img_mlp.0.weight",
      "double_blocks.99999999999999999999.img_mlp.0.weight", "single_blocks.-1.linear1.weight",
    ] {
      checkpoint.tensors[name] = WeightTensor(Tensor(zeros: [2]))
    }
    let converted = try SingleFile.transformer(checkpoint)
    let configuration = try TransformerConfiguration(inferredFrom: converted)
    let error = #expect(throws: WeightsError.self) { try Transformer(configuration, converted) }
    #expect(error?.code == .unusedTensors)
    #expect(error?.detail.contains("guidance_in.in_layer.weight") == true)
    #expect(error?.detail.contains("double_blocks.7.img_mlp.0.weight") == true)
  }

  @Test(arguments: [
    ("double_blocks.0.img_attn.qkv.weight", [385, 128]),
    ("double_blocks.0.img_attn.qkv.weight", [384]),
    ("final_layer.adaLN_modulation.1.weight", [255, 128]),
    ("img_in.weight", [0, 128]), ("img_in.weight", [100, 16]),
    ("single_blocks.0.norm.query_norm.scale", [0]),
    ("single_blocks.0.norm.query_norm.scale", [13]),
  ])
  func `of impossible shapes is refused`(name: String, shape: [Int]) {
    var checkpoint = SingleFileTransformer.checkpoint()
    checkpoint.tensors[name] = WeightTensor(Tensor(zeros: shape))
    #expect(throws: Flux2Error.self) {
      try TransformerConfiguration(inferredFrom: SingleFile.transformer(checkpoint))
    }
  }

  @Test(arguments: [DType.int8, .uint8])
  func `of bytes without scales is refused`(type: DType) throws {
    var checkpoint = SingleFileTransformer.checkpoint()
    let name = "single_blocks.0.linear1.weight"
    let plain = try #require(checkpoint.tensors[name])
    checkpoint.tensors[name] = WeightTensor(
      shape: plain.shape, dtype: type, address: plain.address, owner: plain.owner)
    let error = #expect(throws: Flux2Error.self) { try SingleFile.transformer(checkpoint) }
    #expect(error?.detail.contains("\(name) is \(type.rawValue) [896, 128]") == true)
  }

  @Test func `of another model is refused`() {
    let other = Checkpoint(
      tensors: ["double_blocks.0.img_mod.lin.weight": WeightTensor(Tensor(zeros: [2, 2]))],
      name: "flux1.safetensors")
    let error = #expect(throws: Flux2Error.self) { try SingleFile.transformer(other) }
    #expect(error?.detail.contains("FLUX.2 transformer") == true)
  }
}
