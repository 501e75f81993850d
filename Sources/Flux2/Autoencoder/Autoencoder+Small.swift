internal import Tensors

extension Autoencoder {
  /// Decodes a smaller version of an image, from latents averaged over squares.
  /// - Parameters:
  ///   - tokens: `[h·w, 4C]`, normalised as `encode` gives them.
  ///   - height: Tokens in a column, `h`.
  ///   - width: Tokens in a row, `w`.
  ///   - longestSide: Latents on the longer side of what is decoded, at most.
  ///   - device: Where to compute.
  ///   - blockDone: Called after each block of the network; ends the decoding by throwing.
  /// - Returns: `[H, W, 3]`, smaller than `decode` gives by a whole factor, rounded up.
  func decodeSmall(
    _ tokens: Tensor, height: Int, width: Int, longestSide: Int, on device: Device,
    blockDone: BlockDone
  ) throws -> Tensor {
    let latents = statistics.latents(from: tokens, height: height, width: width)
    let factor = (max(latents.shape[0], latents.shape[1]) + longestSide - 1) / longestSide
    return try decoder(
      factor > 1 ? Self.average(latents, over: factor) : latents, on: device,
      blockDone: blockDone)
  }

  /// Averages squares of latents; those at the right and midBlock border may be smaller.
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
