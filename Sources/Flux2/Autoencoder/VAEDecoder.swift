package import Imaging
package import Tensors

/// Decodes latents to pixels (spec §6).
package struct VAEDecoder: Sendable {
  /// 1x1; absent in some checkpoints.
  let postQuantConv: Conv2d?
  package let convIn: Conv2d
  package let midBlock: MidBlock
  /// Lowest resolution first.
  package let upBlocks: [UpBlock]
  let convNormOut: GroupNorm
  let convOut: Conv2d
  /// The division of the last resolution into bands.
  package var banding = DecoderBanding()

  /// The number of times that decoding calls its `blockDone`.
  var blockCount: Int { 2 + midBlock.blockCount + upBlocks.reduce(0) { $0 + $1.blockCount } }

  /// Decodes latents.
  /// - Parameters:
  ///   - latents: `[h, w, latent channels]`.
  ///   - device: Where to compute.
  ///   - blockDone: Called after each block; ends the decoding by throwing.
  /// - Returns: `[h · pixelsPerLatent, w · pixelsPerLatent, 3]`, about −1…1.
  package func callAsFunction(
    _ latents: Tensor, on device: Device, blockDone: BlockDone = {}
  ) throws -> Tensor {
    let pixels = pixels(try features(latents, on: device, blockDone: blockDone), on: device)
    try blockDone()
    return pixels
  }

  /// Decodes latents to an image of 8 bits.
  ///
  /// Clamped, and rounded to the nearest level, halves to the even one (spec §6.2). No image of 32 bits is
  /// made.
  /// - Parameters:
  ///   - latents: `[h, w, latent channels]`.
  ///   - device: Where to compute.
  ///   - blockDone: Called after each block; ends the decoding by throwing.
  package func raster(
    _ latents: Tensor, on device: Device, blockDone: BlockDone = {}
  ) throws -> Raster {
    let x = try features(latents, on: device, blockDone: blockDone)
    let levels = convOut.levels(x, after: convNormOut, on: device)
    try blockDone()
    return Raster(width: x.pixels.shape[1], height: x.pixels.shape[0], pixels: levels)
  }

  private func features(
    _ latents: Tensor, on device: Device, blockDone: BlockDone
  ) throws -> FeatureMap {
    var x = convIn(prepared(FeatureMap(latents), on: device), on: device)
    try blockDone()
    try midBlock.apply(to: &x, on: device, blockDone: blockDone)
    guard let bands = bands(for: latents, on: device), let next = upBlocks.dropLast().last else {
      for block in upBlocks { try block.apply(to: &x, on: device, blockDone: blockDone) }
      return x
    }
    for block in upBlocks.dropLast(2) {
      try block.apply(to: &x, on: device, blockDone: blockDone)
    }
    try next.applyResnets(to: &x, on: device, blockDone: blockDone)
    try bands.apply(to: &x, blockDone: blockDone)
    return x
  }

  /// The bands of the last resolution; nil where it is computed whole.
  private func bands(for latents: Tensor, on device: Device) -> DecoderBands? {
    let doublings = upBlocks.count { $0.upsampler != nil }
    let pixelCount = latents.rows << (2 * doublings)
    guard let last = upBlocks.last, last.upsampler == nil, let firstResnet = last.resnets.first,
      let upsampler = upBlocks.dropLast().last?.upsampler,
      pixelCount * last.channelCount * MemoryLayout<Float>.size > banding.wholeByteCount
    else { return nil }
    return DecoderBands(
      upsampler: upsampler, firstResnet: firstResnet, resnets: last.resnets.dropFirst(),
      rowsPerBand: banding.rowsPerBand, device: device)
  }

  /// Applies the convolution that some checkpoints put before the decoder.
  package func prepared(_ x: FeatureMap, on device: Device) -> FeatureMap {
    postQuantConv?(x, on: device) ?? x
  }

  /// Applies the last normalisation and convolution.
  package func pixels(_ x: FeatureMap, on device: Device) -> Tensor {
    convOut(x, after: convNormOut, on: device).pixels
  }
}

/// The residual blocks of one resolution of the decoder, then the doubling of the resolution: diffusers'
/// `UpDecoderBlock2D`.
package struct UpBlock: Sendable {
  /// The first changes the number of channels.
  package let resnets: [ResidualBlock]
  /// Absent in the last block.
  let upsampler: Conv2d?

  /// The number of times that `apply` calls its `blockDone`.
  var blockCount: Int { resnets.count * ResidualBlock.blockCount + (upsampler == nil ? 0 : 1) }

  /// Replaces `[H, W, C]` by the next block's input, `[2H, 2W, D]`; the last block keeps `[H, W]`.
  /// - Throws: Only what `blockDone` throws.
  package func apply(
    to x: inout FeatureMap, on device: Device, blockDone: BlockDone = {}
  ) throws {
    try applyResnets(to: &x, on: device, blockDone: blockDone)
    guard let upsampler else { return }
    x = upsampler(x, on: device)
    try blockDone()
  }

  /// Applies the residual blocks alone.
  func applyResnets(to x: inout FeatureMap, on device: Device, blockDone: BlockDone) throws {
    var hidden = FeatureMap.empty
    for resnet in resnets {
      try resnet.apply(to: &x, hidden: &hidden, on: device, blockDone: blockDone)
    }
  }

  /// Channels of its output.
  var channelCount: Int { resnets.last?.conv2.kernel.weight.shape[0] ?? 0 }
}
