import JSON
import Tokenization

/// The JSON files of a fabricated model, with the keys of the published ones (spec §1).
struct FabricatedConfigurations: Sendable {
  private let index: ModelIndex
  private let textEncoder: TextEncoderConfiguration
  private let isHeadTied: Bool
  private let transformer: TransformerConfiguration
  private let autoencoder: AutoencoderConfiguration

  init(_ shape: ModelShape) throws(Flux2Error) {
    index = shape.index
    textEncoder = shape.textEncoder
    isHeadTied = !shape.hasLanguageHead
    transformer = try shape.transformer
    autoencoder = shape.autoencoder
  }

  /// Paths in the model's directory and contents.
  var files: [(path: String, contents: JSONValue)] {
    [
      ("model_index.json", modelIndex),
      ("scheduler/scheduler_config.json", Self.schedulerConfiguration),
      ("text_encoder/config.json", textEncoderConfiguration),
      ("transformer/config.json", transformerConfiguration),
      ("vae/config.json", autoencoderConfiguration),
    ] + ByteTokenizer.files.map { ("tokenizer/\($0.name)", $0.contents) }
  }

  private var modelIndex: JSONValue {
    // Published models have the default, and no key for it.
    let outputs: JSONValue? =
      index.textEncoderOutputs == ModelIndex().textEncoderOutputs
      ? nil : .array(index.textEncoderOutputs.map { .integer($0) })
    return .object(present: [
      ("_class_name", "Flux2KleinPipeline"),
      ("is_distilled", true),
      ("text_encoder_out_layers", outputs),
      ("scheduler", ["diffusers", "FlowMatchEulerDiscreteScheduler"]),
      ("text_encoder", ["transformers", "Qwen3ForCausalLM"]),
      ("tokenizer", ["transformers", "Qwen2TokenizerFast"]),
      ("transformer", ["diffusers", "Flux2Transformer2DModel"]),
      ("vae", ["diffusers", "AutoencoderKLFlux2"]),
    ])
  }

  private static let schedulerConfiguration: JSONValue = [
    "_class_name": "FlowMatchEulerDiscreteScheduler",
    "num_train_timesteps": 1000,
    "shift": 3.0,
    "use_dynamic_shifting": true,
    "base_shift": 0.5,
    "max_shift": 1.15,
    "base_image_seq_len": 256,
    "max_image_seq_len": 4096,
    "shift_terminal": .null,
    "time_shift_type": "exponential",
    "invert_sigmas": false,
    "stochastic_sampling": false,
    "use_karras_sigmas": false,
    "use_exponential_sigmas": false,
    "use_beta_sigmas": false,
  ]

  private var textEncoderConfiguration: JSONValue {
    [
      "architectures": ["Qwen3ForCausalLM"],
      "model_type": "qwen3",
      "hidden_size": .integer(textEncoder.hiddenSize),
      "intermediate_size": .integer(textEncoder.intermediateSize),
      "num_hidden_layers": .integer(textEncoder.layerCount),
      "max_window_layers": .integer(textEncoder.layerCount),
      "num_attention_heads": .integer(textEncoder.headCount),
      "num_key_value_heads": .integer(textEncoder.keyValueHeadCount),
      "head_dim": .integer(textEncoder.headDim),
      "vocab_size": .integer(textEncoder.vocabularySize),
      "bos_token_id": .integer(ByteTokenizer.padID),
      "eos_token_id": .integer(ByteTokenizer.endID),
      "rms_norm_eps": .float(textEncoder.epsilon),
      "rope_theta": .integer(Int(textEncoder.ropeTheta)),
      "rope_scaling": .null,
      "hidden_act": "silu",
      "attention_bias": false,
      "attention_dropout": 0.0,
      "initializer_range": 0.02,
      "tie_word_embeddings": .boolean(isHeadTied),
      "sliding_window": .null,
      "use_sliding_window": false,
      "max_position_embeddings": 40960,
      "use_cache": true,
      "torch_dtype": "bfloat16",
    ]
  }

  private var transformerConfiguration: JSONValue {
    let ratio = Double(transformer.intermediateSize) / Double(transformer.hiddenSize)
    return [
      "_class_name": "Flux2Transformer2DModel",
      "num_layers": .integer(transformer.doubleBlockCount),
      "num_single_layers": .integer(transformer.singleBlockCount),
      "num_attention_heads": .integer(transformer.headCount),
      "attention_head_dim": .integer(transformer.headDim),
      "joint_attention_dim": .integer(transformer.jointAttentionDim),
      "in_channels": .integer(transformer.inChannels),
      "out_channels": .null,
      "patch_size": 1,
      "mlp_ratio": .number(ratio),
      "timestep_guidance_channels": .integer(transformer.timestepChannels),
      "axes_dims_rope": .array(transformer.axisDims.map { .integer($0) }),
      "rope_theta": .integer(Int(transformer.ropeTheta)),
      "eps": .float(transformer.epsilon),
      "guidance_embeds": false,
    ]
  }

  private var autoencoderConfiguration: JSONValue {
    let channels = autoencoder.encoderChannels
    return [
      "_class_name": "AutoencoderKLFlux2",
      "in_channels": 3,
      "out_channels": 3,
      "block_out_channels": .array(channels.map { .integer($0) }),
      "layers_per_block": .integer(autoencoder.layersPerBlock),
      "latent_channels": .integer(autoencoder.latentChannels),
      "norm_num_groups": .integer(autoencoder.groupCount),
      "act_fn": "silu",
      "mid_block_add_attention": true,
      "use_quant_conv": true,
      "use_post_quant_conv": true,
      "batch_norm_eps": .float(autoencoder.batchNormEpsilon),
      "batch_norm_momentum": 0.1,
      "patch_size": [2, 2],
      "sample_size": 1024,
      "down_block_types": .array(channels.map { _ in "DownEncoderBlock2D" }),
      "up_block_types": .array(channels.map { _ in "UpDecoderBlock2D" }),
    ]
  }
}
