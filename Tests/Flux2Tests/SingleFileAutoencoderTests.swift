import Flux2
import TensorTestSupport
import Tensors
import TestSupport
import Testing
import Weights

@Suite struct SingleFileAutoencoderTests {
  /// Names in diffusers' spelling and in BFL's, one of each kind; of four levels.
  private static let spellings = [
    ("quant_conv.bias", "encoder.quant_conv.bias"),
    ("post_quant_conv.weight", "decoder.post_quant_conv.weight"),
    ("encoder.conv_in.weight", "encoder.conv_in.weight"),
    ("encoder.conv_norm_out.bias", "encoder.norm_out.bias"),
    ("encoder.down_blocks.0.resnets.1.norm2.bias", "encoder.down.0.block.1.norm2.bias"),
    (
      "encoder.down_blocks.1.resnets.0.conv_shortcut.weight",
      "encoder.down.1.block.0.nin_shortcut.weight"
    ),
    ("encoder.down_blocks.2.downsamplers.0.conv.bias", "encoder.down.2.downsample.conv.bias"),
    ("encoder.mid_block.resnets.0.conv1.weight", "encoder.mid.block_1.conv1.weight"),
    ("encoder.mid_block.resnets.1.conv2.weight", "encoder.mid.block_2.conv2.weight"),
    ("encoder.mid_block.attentions.0.group_norm.weight", "encoder.mid.attn_1.norm.weight"),
    ("decoder.mid_block.attentions.0.to_q.weight", "decoder.mid.attn_1.q.weight"),
    ("decoder.mid_block.attentions.0.to_k.weight", "decoder.mid.attn_1.k.weight"),
    ("decoder.mid_block.attentions.0.to_v.bias", "decoder.mid.attn_1.v.bias"),
    ("decoder.mid_block.attentions.0.to_out.0.weight", "decoder.mid.attn_1.proj_out.weight"),
    ("decoder.up_blocks.0.resnets.2.conv1.weight", "decoder.up.3.block.2.conv1.weight"),
    ("decoder.up_blocks.0.upsamplers.0.conv.weight", "decoder.up.3.upsample.conv.weight"),
    ("decoder.up_blocks.3.resnets.0.norm1.weight", "decoder.up.0.block.0.norm1.weight"),
    ("decoder.conv_norm_out.weight", "decoder.norm_out.weight"),
    ("bn.running_var", "bn.running_var"),
  ]

  /// A file in diffusers' spelling, respelled name by name with its own rules, independent of the code's.
  private static func original(_ checkpoint: Checkpoint) -> Checkpoint {
    var tensors: [String: WeightTensor] = [:]
    for (name, tensor) in checkpoint.tensors {
      var text = name
      for (from, to) in [
        ("post_quant_conv", "decoder.post_quant_conv"), ("conv_norm_out", "norm_out"),
        ("conv_shortcut", "nin_shortcut"), ("mid_block.resnets.0", "mid.block_1"),
        ("mid_block.resnets.1", "mid.block_2"), ("attentions.0.group_norm", "attentions.0.norm"),
        ("mid_block.attentions.0.to_out.0", "mid.attn_1.proj_out"),
        ("mid_block.attentions.0.to_", "mid.attn_1."), ("mid_block.attentions.0", "mid.attn_1"),
        ("down_blocks", "down"), ("up_blocks.0", "up.3"), ("up_blocks.1", "up.2"),
        ("up_blocks.2", "up.1"), ("up_blocks.3", "up.0"), ("resnets", "block"),
        ("downsamplers.0", "downsample"), ("upsamplers.0", "upsample"),
      ] {
        text = text.replacing(from, with: to)
      }
      if text.hasPrefix("quant_conv") { text = "encoder.\(text)" }
      let isProjection = text.contains("attn_1") && tensor.shape.count == 2
      tensors[text] = isProjection ? tensor.reshaped(tensor.shape + [1, 1]) : tensor
    }
    return Checkpoint(tensors: tensors, name: "flux2-vae.safetensors")
  }

  @Test(arguments: spellings)
  func `is spelled name by name`(diffusers: String, original: String) throws {
    let source = try AutoencoderReference(name: "tiny").checkpoint()
    let names = Self.original(source).tensors.keys
    #expect(source.tensors[diffusers] != nil && names.contains(original))
  }

  @Test(arguments: AutoencoderReference.all, ["", "vae."])
  func `gets the names and shapes of diffusers`(
    reference: AutoencoderReference, prefix: String
  ) throws {
    let source = try reference.checkpoint()
    var file = Self.original(source)
    file.tensors = Dictionary(
      uniqueKeysWithValues: file.tensors.map { (prefix + $0.key, $0.value) })
    if !prefix.isEmpty {
      file.tensors["model.diffusion_model.img_in.weight"] = WeightTensor(Tensor(zeros: [1, 1]))
    }
    let converted = try SingleFile.autoencoder(file)
    #expect(converted.tensors.keys.sorted() == source.tensors.keys.sorted())
    for (name, tensor) in source.tensors {
      #expect(converted.tensors[name]?.shape == tensor.shape, "\(name)")
      #expect(converted.tensors[name]?.address == tensor.address, "\(name)")
    }
    _ = try Autoencoder(try reference.configuration(), converted)
  }

  @Test func `tells its configuration and fits it`() throws {
    var checkpoint = try AutoencoderReference(name: "compact").checkpoint()
    // Four times as many channels, so that klein's 32 groups divide them.
    checkpoint.tensors = checkpoint.tensors.mapValues { tensor in
      WeightTensor(
        Tensor(
          zeros: tensor.shape.enumerated().map { $0 < 2 && $1 != 3 ? 4 * $1 : $1 }))
    }
    let configuration = try AutoencoderConfiguration(
      inferredFrom: SingleFile.autoencoder(Self.original(checkpoint)))
    #expect(configuration.encoderChannels == [32, 64, 64, 96])
    #expect(configuration.decoderChannels == [32, 32, 64, 64])
    #expect(configuration.layersPerBlock == 2 && configuration.latentChannels == 32)
    #expect(configuration.hasMidBlockAttention && configuration.hasPostQuantConv)
    #expect(configuration.hasQuantConv && configuration.groupCount == 32)
    _ = try Autoencoder(configuration, checkpoint)
  }

  @Test func `whose channels klein's groups do not divide is refused`() throws {
    let checkpoint = try AutoencoderReference(name: "compact").checkpoint()
    let error = #expect(throws: Flux2Error.self) {
      try AutoencoderConfiguration(inferredFrom: checkpoint)
    }
    #expect(error?.detail.contains("norm_num_groups 32") == true)
  }

  @Test func `of an earlier model is refused`() {
    let other = Checkpoint(
      tensors: ["decoder.conv_in.weight": WeightTensor(Tensor(zeros: [8, 16, 3, 3]))], name: "ae")
    let error = #expect(throws: Flux2Error.self) { try SingleFile.autoencoder(other) }
    #expect(error?.detail.contains("bn.running_mean") == true)
  }
}
