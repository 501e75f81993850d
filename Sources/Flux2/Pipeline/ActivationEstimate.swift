import Imaging

/// Estimates the peak memory of a render's activations.
///
/// The number of float32 values that each stage holds at its peak is counted from the code of the stage.
/// Kernels' scratch and the tensors that do not grow with the image are left out.
struct ActivationEstimate {
  let textEncoder: TextEncoderConfiguration
  let transformer: TransformerConfiguration
  let autoencoder: AutoencoderConfiguration
  /// The sizes that are rendered; empty when all are.
  let buckets: [ResolutionBucket]
  /// Tokens of a prompt, padding included.
  let promptLength: Int

  /// Returns the bytes of the stage that needs most.
  /// - Parameters:
  ///   - width: Pixels across.
  ///   - height: Pixels down.
  ///   - references: Width and height of each reference.
  func byteCount(width: Int, height: Int, references: [(width: Int, height: Int)]) -> Int {
    let (width, height) = (max(width, 1), max(height, 1))
    let geometry = ImageGeometry(
      width: width, height: height, pixelsPerToken: autoencoder.pixelsPerToken,
      bucket: .best(of: buckets, width: width, height: height))
    let referencePixels = references.reduce(0) {
      $0 + pixelCount(of: $1, among: references.count, geometry)
    }
    let tokenArea = autoencoder.pixelsPerToken * autoencoder.pixelsPerToken
    let tokens = promptLength + geometry.grid.count + referencePixels / tokenArea
    let values = max(
      promptLength * textEncoder.valuesPerToken, tokens * transformer.valuesPerToken,
      referencePixels * autoencoder.valuesPerEncodedPixel,
      autoencoder.decodingValues(width: geometry.renderedWidth, height: geometry.renderedHeight))
    return values * MemoryLayout<Float>.size
  }

  /// The pixels that are encoded of a reference.
  private func pixelCount(
    of reference: (width: Int, height: Int), among count: Int, _ geometry: ImageGeometry
  ) -> Int {
    guard !buckets.isEmpty else {
      return min(reference.width * reference.height, Raster.areaLimit)
    }
    guard count > 1 else { return geometry.renderedPixelCount }
    return ImageGeometry(
      reference: reference.width, reference.height, pixelsPerToken: autoencoder.pixelsPerToken,
      buckets: buckets, besides: geometry
    ).renderedPixelCount
  }
}

extension ModelInspector {
  /// Estimates the peak memory of the activations of a render, in bytes.
  /// - Parameters:
  ///   - width: Pixels across.
  ///   - height: Pixels down.
  ///   - references: Width and height of each reference.
  public func activationByteCount(
    width: Int, height: Int, references: [(width: Int, height: Int)] = []
  ) -> Int {
    activations.byteCount(width: width, height: height, references: references)
  }
}

extension Pipeline {
  /// Estimates the peak memory of the activations of a render, in bytes.
  /// - Parameters:
  ///   - width: Pixels across.
  ///   - height: Pixels down.
  ///   - references: Width and height of each reference.
  public func activationByteCount(
    width: Int, height: Int, references: [(width: Int, height: Int)] = []
  ) -> Int {
    ActivationEstimate(
      textEncoder: model.textEncoder.configuration,
      transformer: model.transformer.configuration,
      autoencoder: model.autoencoder.configuration, buckets: model.resolutionBuckets,
      promptLength: model.promptLength
    ).byteCount(width: width, height: height, references: references)
  }
}

extension TextEncoderConfiguration {
  /// Hidden states kept and current, the norm's output, the widened MLP and its gated half.
  var valuesPerToken: Int { 6 * hiddenSize + 3 * intermediateSize }
}

extension TransformerConfiguration {
  /// A single block: residual stream, norm, fused projection, branches and their projection.
  var valuesPerToken: Int { 7 * hiddenSize + 3 * intermediateSize }
}

extension AutoencoderConfiguration {
  /// The first residual block at full resolution: its input and the first convolution's output.
  var valuesPerEncodedPixel: Int { 2 * encoderChannels[0] }

  /// The values on the way up.
  ///
  /// The input still has the channels of the block below. The block's output is made in the memory of the input,
  /// unless it has more channels.
  ///
  /// In bands: the output beside the image before its doubling, and of a band its input, the doubled rows that it is
  /// cut from, the hidden image and the output, each with the rows beside it.
  package func decodingValues(width: Int, height: Int) -> Int {
    let entering = decoderChannels.count > 1 ? decoderChannels[1] : 0
    let (leaving, pixelCount) = (decoderChannels[0], width * height)
    let banding = DecoderBanding()
    guard pixelCount * leaving * MemoryLayout<Float>.size > banding.wholeByteCount else {
      return pixelCount * (entering + (leaving > entering ? 2 : 1) * leaving)
    }
    let bandPixelCount = 2 * banding.rowsPerBand * width
    return pixelCount * (leaving + entering / 4) + bandPixelCount * 2 * (entering + leaving)
  }
}
