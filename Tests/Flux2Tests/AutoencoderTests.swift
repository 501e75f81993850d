import Flux2
import TensorTestSupport
import Tensors
import TestSupport
import Testing
import Weights

/// A model directory with what diffusers computed with its autoencoder.
struct AutoencoderReference: Sendable, CustomTestStringConvertible {
  /// `compact` has the small decoder: other channels than the encoder.
  static let all = ["tiny", "compact"].map { AutoencoderReference(name: $0) }

  let name: String
  var testDescription: String { name }

  func configuration() throws -> AutoencoderConfiguration {
    try AutoencoderConfiguration(file: Fixture.path("reference/\(name)/model/vae/config.json"))
  }

  func checkpoint() throws -> Checkpoint {
    try Checkpoint.open(
      directory: Fixture.path("reference/\(name)/model/vae"), stem: "diffusion_pytorch_model")
  }

  func autoencoder() throws -> Autoencoder {
    try Autoencoder(try configuration(), try checkpoint())
  }

  func tensors() throws -> FixtureTensors {
    try Fixture.tensors("reference/\(name)/autoencoder.safetensors")
  }
}

@Suite struct AutoencoderTests {
  private let device = Device(threadCount: 2)
  /// Largest difference allowed of a stage given the reference's input (spec §12).
  private let tolerance: Float = 1e-4

  @Test(arguments: AutoencoderReference.all)
  func `encodes to the tokens of diffusers`(reference: AutoencoderReference) throws {
    let tensors = try reference.tensors()
    let tokens = try reference.autoencoder().encode(try tensors.image("input.pixels"), on: device)
    expectClose(tokens, try tensors.tensor("output.tokens"), tolerance: tolerance, "tokens")
  }

  @Test(arguments: AutoencoderReference.all)
  func `decodes to the pixels of diffusers`(reference: AutoencoderReference) throws {
    let tensors = try reference.tensors()
    let autoencoder = try reference.autoencoder()
    let expected = try tensors.image("output.decoded")
    let scale = autoencoder.configuration.pixelsPerToken
    let pixels = try autoencoder.decode(
      try tensors.tensor("input.tokens"), height: expected.shape[0] / scale,
      width: expected.shape[1] / scale, on: device)
    expectClose(pixels, expected, tolerance: tolerance, "pixels")
  }

  @Test(arguments: AutoencoderReference.all)
  func `agrees with diffusers at every stage of the encoder`(
    reference: AutoencoderReference
  ) throws {
    let tensors = try reference.tensors()
    let encoder = try reference.autoencoder().encoder
    var x = encoder.convIn(FeatureMap(try tensors.image("input.pixels")), on: device)
    try expectStage(x, "encoder.conv_in", tensors, of: reference)
    for (index, block) in encoder.downBlocks.enumerated() {
      if index == 1 {
        var (first, hidden) = (x, FeatureMap(Tensor(zeros: [0, 0, 0])))
        try block.resnets[0].apply(to: &first, hidden: &hidden, on: device)
        try expectStage(first, "encoder.down_blocks.1.resnets.0", tensors, of: reference)
      }
      try block.apply(to: &x, on: device)
      x = try expectStage(x, "encoder.down_blocks.\(index)", tensors, of: reference)
    }
    try encoder.midBlock.apply(to: &x, on: device)
    x = try expectStage(x, "encoder.mid", tensors, of: reference)
    let moments = try tensors.image("moments")
    let channels = moments.columns / 2
    let mean = Tensor(
      shape: [moments.shape[0], moments.shape[1], channels],
      elements: (0..<moments.rows).flatMap { row in
        moments.elements[row * moments.columns..<row * moments.columns + channels]
      })
    expectLayer(
      encoder.mean(x, on: device), mean, tolerance: tolerance, "\(reference.name) encoder.mean")
  }

  @Test(arguments: AutoencoderReference.all)
  func `agrees with diffusers at every stage of the decoder`(
    reference: AutoencoderReference
  ) throws {
    let tensors = try reference.tensors()
    let decoder = try reference.autoencoder().decoder
    var x = decoder.prepared(FeatureMap(try tensors.image("input.latents")), on: device)
    x = try expectStage(x, "decoder.post_quant_conv", tensors, of: reference)
    x = decoder.convIn(x, on: device)
    x = try expectStage(x, "decoder.conv_in", tensors, of: reference)
    try decoder.midBlock.apply(to: &x, on: device)
    x = try expectStage(x, "decoder.mid", tensors, of: reference)
    for (index, block) in decoder.upBlocks.enumerated() {
      if index == 1 {
        var (first, hidden) = (x, FeatureMap(Tensor(zeros: [0, 0, 0])))
        try block.resnets[0].apply(to: &first, hidden: &hidden, on: device)
        try expectStage(first, "decoder.up_blocks.1.resnets.0", tensors, of: reference)
      }
      try block.apply(to: &x, on: device)
      x = try expectStage(x, "decoder.up_blocks.\(index)", tensors, of: reference)
    }
    expectLayer(
      decoder.pixels(x, on: device), try tensors.image("output.decoded"), tolerance: tolerance,
      "\(reference.name) decoder.pixels")
  }

  @Test(arguments: AutoencoderReference.all)
  func `gives the same bytes with any number of threads`(reference: AutoencoderReference) throws {
    let autoencoder = try reference.autoencoder()
    let pixels = try reference.tensors().image("input.pixels")
    let tokens = try autoencoder.encode(pixels, on: Device(threadCount: 1))
    let grid = pixels.shape.map { $0 / autoencoder.configuration.pixelsPerToken }
    let decoded = try autoencoder.decode(
      tokens, height: grid[0], width: grid[1], on: Device(threadCount: 1))
    for threads in 2...3 {
      let device = Device(threadCount: threads)
      #expect(try autoencoder.encode(pixels, on: device) == tokens)
      #expect(
        try autoencoder.decode(tokens, height: grid[0], width: grid[1], on: device) == decoded)
    }
  }

  @Test func `the decoding of a large image is estimated in bands`() {
    let klein = ModelShape.klein4B.autoencoder
    func gigabytes(_ width: Int, _ height: Int) -> Double {
      4 * Double(klein.decodingValues(width: width, height: height)) / Double(1 << 30)
    }
    #expect(gigabytes(2048, 1024) == 3)
    #expect(gigabytes(2048, 1088) < 3)
    #expect(gigabytes(2048, 2048) < 4)
  }

  @Test(arguments: AutoencoderReference.all, [16, 24])
  func `bands leave no seams, and are reported as the whole`(
    reference: AutoencoderReference, rowsPerBand: Int
  ) throws {
    let autoencoder = try reference.autoencoder()
    let channels = autoencoder.configuration.latentChannels
    let latents = Tensor(
      shape: [28, 20, channels], elements: Noise.normal(count: 28 * 20 * channels, seed: 5))
    var (calls, bandCalls) = (0, 0)
    let whole = try autoencoder.decoder(latents, on: device) { calls += 1 }
    var decoder = autoencoder.decoder
    decoder.banding = DecoderBanding(wholeByteCount: 0, rowsPerBand: rowsPerBand)
    let banded = try decoder(latents, on: device) { bandCalls += 1 }
    #expect(whole.shape[0] > 4 * rowsPerBand && calls == bandCalls)
    expectClose(banded, whole, tolerance: 2e-6, relative: 1e-6, "pixels")
  }

  /// Compares a stage and returns the reference's values, so that the next stage starts from them.
  @discardableResult
  private func expectStage(
    _ actual: FeatureMap, _ name: String, _ tensors: FixtureTensors,
    of reference: AutoencoderReference
  ) throws -> FeatureMap {
    let expected = try tensors.image(name)
    expectLayer(
      actual.pixels, expected, tolerance: tolerance, relative: 1e-5, "\(reference.name) \(name)")
    return FeatureMap(expected)
  }
}
