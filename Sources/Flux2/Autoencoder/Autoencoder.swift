import Imaging
public import Tensors

/// Translates between images and the tokens that the transformer works on (spec §6).
///
/// The letters of the shapes: `H`, `W` pixels, `h`, `w` tokens, `C` latent channels.
public struct Autoencoder: Sendable {
  /// The autoencoder's shape.
  public let configuration: AutoencoderConfiguration
  /// Pixels to latents.
  package let encoder: VAEEncoder
  /// Latents to pixels.
  package let decoder: VAEDecoder
  /// Latents to tokens.
  let normalization: LatentNormalization

  /// Encodes an image to the mean of its latent distribution, packed and normalised.
  /// - Parameters:
  ///   - pixels: `[H, W, 3]`, −1…1; both sides multiples of `configuration.pixelsPerToken`.
  ///   - device: Where to compute.
  ///   - blockDone: Called after each block of the network; ends the encoding by throwing.
  /// - Returns: `[h·w, 4C]`, row-major over the image.
  public func encode(
    _ pixels: Tensor, on device: Device, blockDone: () throws -> Void = {}
  ) throws -> Tensor {
    let scale = configuration.pixelsPerToken
    precondition(
      pixels.shape.count == 3 && pixels.shape[2] == 3 && !pixels.elements.isEmpty
        && pixels.shape[0] % scale == 0 && pixels.shape[1] % scale == 0,
      "an image \(pixels.shape) for tokens of \(scale)x\(scale) pixels")
    return normalization.tokens(from: try encoder(pixels, on: device, blockDone: blockDone))
  }

  /// Decodes tokens to pixels of 32 bits.
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
    try decoder(
      latents(from: tokens, height: height, width: width), on: device, blockDone: blockDone)
  }

  /// Decodes tokens to an image.
  /// - Parameters:
  ///   - tokens: `[h·w, 4C]`, normalised as `encode` gives them.
  ///   - height: Tokens in a column, `h`.
  ///   - width: Tokens in a row, `w`.
  ///   - longestSide: Latents on the longer side of what is decoded, at most; if there are more, squares of
  ///     them are averaged, and the image is smaller by a whole factor, rounded up. nil for all.
  ///   - device: Where to compute.
  ///   - blockDone: Called after each block of the network; ends the decoding by throwing.
  func image(
    from tokens: Tensor, height: Int, width: Int, longestSide: Int? = nil, on device: Device,
    blockDone: BlockDone
  ) throws -> Raster {
    let latents = latents(from: tokens, height: height, width: width)
    let longer = max(latents.shape[0], latents.shape[1])
    let factor = longestSide.map { (longer + $0 - 1) / $0 } ?? 1
    return try decoder.raster(
      factor > 1 ? Self.average(latents, over: factor) : latents, on: device,
      blockDone: blockDone)
  }

  private func latents(from tokens: Tensor, height: Int, width: Int) -> Tensor {
    precondition(
      height > 0 && width > 0 && tokens.rows == height * width
        && tokens.columns == configuration.tokenChannels,
      "tokens \(tokens.shape) for \(height)x\(width) of \(configuration.tokenChannels) features")
    return normalization.latents(from: tokens, height: height, width: width)
  }

  /// Averages squares of latents; those at the right and bottom border may be smaller.
  private static func average(_ latents: Tensor, over factor: Int) -> Tensor {
    let (height, width, channels) = (latents.shape[0], latents.shape[1], latents.shape[2])
    let (rows, columns) = ((height + factor - 1) / factor, (width + factor - 1) / factor)
    var sums = [Float](repeating: 0, count: rows * columns * channels)
    for y in 0..<height {
      let share = 1 / Float(min(factor, height - y / factor * factor))
      for x in 0..<width {
        let weight = share / Float(min(factor, width - x / factor * factor))
        let (source, target) = (y * width + x, y / factor * columns + x / factor)
        for channel in 0..<channels {
          sums[target * channels + channel] +=
            weight * latents.elements[source * channels + channel]
        }
      }
    }
    return Tensor(shape: [rows, columns, channels], elements: sums)
  }
}
