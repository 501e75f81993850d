internal import JSONText
internal import Text

/// The shape of the autoencoder, `vae/config.json` (spec §1.4).
public struct AutoencoderConfiguration: Sendable, Equatable {
  /// Channels of each encoder level, full resolution first.
  public var encoderChannels: [Int]
  /// Channels of each decoder level, full resolution first; the small decoder has fewer than the encoder.
  public var decoderChannels: [Int]
  /// Residual blocks of an encoder level; a decoder level has one more.
  public var blocksPerLevel = 2
  /// Channels of the latent image.
  public var latentChannels = 32
  /// Groups of every group normalisation.
  public var groupCount = 32
  /// Added to the variances of the latent statistics; the group norms have their own (spec §6).
  public var latentEpsilon: Float = 1e-4
  /// Whether the lowest level attends.
  public var attends = true
  /// Whether a 1x1 convolution follows the encoder.
  public var convolvesMoments = true
  /// Whether a 1x1 convolution precedes the decoder.
  public var convolvesLatents = true

  /// Pixels per latent, in each direction.
  public var latentScale: Int { 1 << (encoderChannels.count - 1) }
  /// Pixels per token, in each direction: a token is a 2x2 patch of latents.
  public var tokenScale: Int { 2 * latentScale }
  /// Features of a token.
  public var tokenWidth: Int { 4 * latentChannels }
}

extension AutoencoderConfiguration {
  /// Reads and checks the file at a path.
  package init(file: String) throws(Flux2Error) {
    try self.init(try ConfigurationReader(file: file))
  }

  /// Reads and checks the file.
  init(_ json: ConfigurationReader) throws(Flux2Error) {
    try Self.refuseUnknownParts(json)
    let groups = try json.integer("norm_num_groups", in: 1...1024, default: 32)
    let encoder = try json.integers(
      "block_out_channels", count: 1...8, each: 1...8192, default: [128, 256, 512, 512])
    let decoder = try json.integers(
      "decoder_block_out_channels", count: encoder.count...encoder.count, each: 1...8192,
      default: encoder)
    self.init(
      encoderChannels: encoder, decoderChannels: decoder,
      blocksPerLevel: try json.integer("layers_per_block", in: 1...16, default: 2),
      latentChannels: try json.integer("latent_channels", in: 1...1024, default: 32),
      groupCount: groups,
      latentEpsilon: Float(try json.number("batch_norm_eps", in: 1e-12...1, default: 1e-4)),
      attends: try json.flag("mid_block_add_attention", default: true),
      convolvesMoments: try json.flag("use_quant_conv", default: true),
      convolvesLatents: try json.flag("use_post_quant_conv", default: true))
    try check(source: json.file)
    try checkBlockCounts(json)
  }

  /// Checks that the parts fit together.
  /// - Parameter source: The file that an error names.
  func check(source: String) throws(Flux2Error) {
    for channels in encoderChannels + decoderChannels where channels % groupCount != 0 {
      throw Flux2Error(
        .configuration, source,
        "block_out_channels has \(channels), expected multiples of norm_num_groups \(groupCount)")
    }
  }

  private static func refuseUnknownParts(_ json: ConfigurationReader) throws(Flux2Error) {
    try json.refuse("in_channels", unless: .number(JSONNumber(3)))
    try json.refuse("out_channels", unless: .number(JSONNumber(3)))
    try json.refuse("act_fn", unless: .string("silu"))
    try json.refuse("patch_size", unless: .array([.number(JSONNumber(2)), .number(JSONNumber(2))]))
  }

  /// Every level must be a plain convolutional one; the lists of block types say so once per level.
  private func checkBlockCounts(_ json: ConfigurationReader) throws(Flux2Error) {
    for (key, type) in [
      ("down_block_types", "DownEncoderBlock2D"), ("up_block_types", "UpDecoderBlock2D"),
    ] {
      let plain = [JSONValue](repeating: .string(ByteString(type)), count: encoderChannels.count)
      try json.refuse(key, unless: .array(plain))
    }
  }
}
