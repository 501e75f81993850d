public import Tensors

/// Translates between images and the tokens that the transformer works on (spec §6).
///
/// The letters of the shapes: `H`, `W` pixels, `h`, `w` tokens, `C` latent channels.
public struct Autoencoder: Sendable {
  /// The shape of the model.
  public let configuration: AutoencoderConfiguration
  /// Pixels to latents.
  package let encoder: VAEEncoder
  /// Latents to pixels.
  package let decoder: VAEDecoder
  let statistics: LatentNormalization

  /// Encodes an image to the mean of its latent distribution, packed and normalised.
  /// - Parameters:
  ///   - pixels: `[H, W, 3]`, −1…1; both sides multiples of `configuration.tokenScale`.
  ///   - device: Where to compute.
  ///   - blockDone: Called after each block of the network; ends the encoding by throwing.
  /// - Returns: `[h·w, 4C]`, row-major over the image.
  public func encode(
    _ pixels: Tensor, on device: Device, blockDone: () throws -> Void = {}
  ) throws -> Tensor {
    let scale = configuration.tokenScale
    precondition(
      pixels.shape.count == 3 && pixels.shape[2] == 3 && !pixels.elements.isEmpty
        && pixels.shape[0] % scale == 0 && pixels.shape[1] % scale == 0,
      "an image \(pixels.shape) for tokens of \(scale)x\(scale) pixels")
    return statistics.tokens(from: try encoder(pixels, on: device, blockDone: blockDone))
  }

  /// Decodes tokens to an image.
  /// - Parameters:
  ///   - tokens: `[h·w, 4C]`, normalised as `encode` gives them.
  ///   - height: Tokens in a column, `h`.
  ///   - width: Tokens in a row, `w`.
  ///   - device: Where to compute.
  ///   - blockDone: Called after each block of the network; ends the decoding by throwing.
  /// - Returns: `[H, W, 3]`, about −1…1 and beyond.
  public func decode(
    _ tokens: Tensor, height: Int, width: Int, on device: Device,
    blockDone: () throws -> Void = {}
  ) throws -> Tensor {
    precondition(
      height > 0 && width > 0 && tokens.rows == height * width
        && tokens.columns == configuration.tokenWidth,
      "tokens \(tokens.shape) for \(height)x\(width) of \(configuration.tokenWidth) features")
    return try decoder(
      statistics.latents(from: tokens, height: height, width: width), on: device,
      blockDone: blockDone)
  }
}
