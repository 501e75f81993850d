import Flux2
import Foundation
import TensorTestSupport
import Tensors
import TestSupport
import Testing
import Weights

@Suite struct AutoencoderWeightsTests {
  private let reference = AutoencoderReference(name: "compact")

  @Test func `lose no tensor unnoticed`() throws {
    let configuration = try reference.configuration()
    let whole = try reference.checkpoint()
    for name in whole.tensors.keys where name != "bn.num_batches_tracked" {
      var checkpoint = whole
      checkpoint.tensors[name] = nil
      let error = #expect(throws: WeightsError.self) {
        try Autoencoder(configuration, checkpoint)
      }
      #expect(error?.code == .missingTensor)
      #expect(error?.detail.hasPrefix(name) == true)
    }
  }

  @Test func `gain no tensor unnoticed`() throws {
    var checkpoint = try reference.checkpoint()
    checkpoint.tensors["encoder.extra.weight"] = WeightTensor(Tensor(zeros: [2]))
    let error = #expect(throws: WeightsError.self) {
      try Autoencoder(try reference.configuration(), checkpoint)
    }
    #expect(error?.code == .unusedTensors)
    #expect(error?.detail.contains("encoder.extra.weight") == true)
  }

  @Test func `may leave out the optional convolutions and the attention`() throws {
    var configuration = try reference.configuration()
    configuration.hasQuantConv = false
    configuration.hasPostQuantConv = false
    configuration.hasMidBlockAttention = false
    var checkpoint = try reference.checkpoint()
    checkpoint.tensors = checkpoint.tensors.filter { name, _ in
      !name.contains("attentions") && !name.contains("quant_conv")
    }
    let device = Device(threadCount: 2)
    let autoencoder = try Autoencoder(configuration, checkpoint)
    let tokens = try autoencoder.encode(Tensor(zeros: [32, 16, 3]), on: device)
    #expect(tokens.shape == [2, configuration.tokenChannels])
    #expect(try autoencoder.decode(tokens, height: 2, width: 1, on: device).shape == [32, 16, 3])
  }

  @Test(arguments: [
    (#"{"block_out_channels":[32,64,64,64,64]}"#, 32, 64),
    (#"{"block_out_channels":[32],"force_upcast":true,"sample_size":8}"#, 2, 32),
    (
      #"{"block_out_channels":[32,32],"decoder_block_out_channels":[32,96],"latent_channels":4}"#,
      4, 96
    ),
  ])
  func `set the pixels of a token`(json: String, scale: Int, lastDecoderChannels: Int) throws {
    let configuration = try read(json)
    #expect(configuration.pixelsPerToken == scale)
    #expect(configuration.decoderChannels.last == lastDecoderChannels)
    #expect(configuration.batchNormEpsilon == 1e-4)
  }

  @Test(arguments: [
    (#"{"block_out_channels":[]}"#, "block_out_channels"),
    (#"{"block_out_channels":[32,0]}"#, "block_out_channels"),
    (#"{"block_out_channels":[30]}"#, "multiples of norm_num_groups 32"),
    (#"{"decoder_block_out_channels":[32]}"#, "decoder_block_out_channels"),
    (#"{"in_channels":4}"#, "in_channels"),
    (#"{"act_fn":"relu"}"#, "act_fn"),
    (#"{"patch_size":[1,1]}"#, "patch_size"),
    (
      #"{"block_out_channels":[32],"down_block_types":["AttnDownEncoderBlock2D"]}"#,
      "down_block_types"
    ),
    (#"{"latent_channels":1e30}"#, "latent_channels"),
    (#"{"batch_norm_eps":0}"#, "batch_norm_eps"),
    (#"{"use_quant_conv":"yes"}"#, "use_quant_conv"),
  ])
  func `ask for nothing that is not implemented`(json: String, says: String) throws {
    let error = #expect(throws: Flux2Error.self) { try read(json) }
    #expect(error?.code == .configuration)
    #expect(error?.detail.contains(says) == true, "\(error?.description ?? "")")
  }

  private func read(_ json: String) throws -> AutoencoderConfiguration {
    let folder = try TemporaryFolder()
    return try AutoencoderConfiguration(file: folder.write(json, to: "config.json"))
  }
}
