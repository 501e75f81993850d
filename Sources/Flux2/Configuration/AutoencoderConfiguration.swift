import JSON
import Text

/// The shape of the autoencoder, `vae/config.json` (spec §1.4).
public struct AutoencoderConfiguration: Sendable, Equatable {
  /// Channels of each block of the encoder, full resolution first.
  public var encoderChannels: [Int]
  /// Channels of each block of the decoder, full resolution first; the small decoder has fewer than the
  /// encoder.
  public var decoderChannels: [Int]
  /// Residual blocks of a block of the encoder; a block of the decoder has one more.
  public var layersPerBlock = 2
  /// Channels of the latent image.
  public var latentChannels = 32
  /// Groups of every group normalisation.
  public var groupCount = 32
  /// Added to the variances of the latents' statistics; the group norms have their own (spec §6).
  public var batchNormEpsilon: Float = 1e-4
  /// True if the middle blocks have attention.
  public var hasMidBlockAttention = true
  /// True if a 1x1 convolution follows the encoder.
  public var hasQuantConv = true
  /// True if a 1x1 convolution precedes the decoder.
  public var hasPostQuantConv = true

  /// Pixels per latent, in each direction.
  public var pixelsPerLatent: Int { 1 << (encoderChannels.count - 1) }
  /// Pixels per token, in each direction: a token is a 2x2 patch of latents.
  public var pixelsPerToken: Int { 2 * pixelsPerLatent }
  /// Features of a token: the channels of its patch's latents.
  public var tokenChannels: Int { 4 * latentChannels }
}

extension AutoencoderConfiguration {
  /// Reads and checks a file.
  package init(file: String) throws(Flux2Error) {
    try self.init(try ConfigurationReader(file: file))
  }

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
      layersPerBlock: try json.integer("layers_per_block", in: 1...16, default: 2),
      latentChannels: try json.integer("latent_channels", in: 1...1024, default: 32),
      groupCount: groups,
      batchNormEpsilon: Float(try json.number("batch_norm_eps", in: 1e-12...1, default: 1e-4)),
      hasMidBlockAttention: try json.flag("mid_block_add_attention", default: true),
      hasQuantConv: try json.flag("use_quant_conv", default: true),
      hasPostQuantConv: try json.flag("use_post_quant_conv", default: true))
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

  /// Every block must be a plain convolutional one; the lists of block types say so once per block.
  private func checkBlockCounts(_ json: ConfigurationReader) throws(Flux2Error) {
    for (key, type) in [
      ("down_block_types", "DownEncoderBlock2D"), ("up_block_types", "UpDecoderBlock2D"),
    ] {
      let plain = [JSONValue](repeating: .string(ByteString(type)), count: encoderChannels.count)
      try json.refuse(key, unless: .array(plain))
    }
  }
}
