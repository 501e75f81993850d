package import Imaging
package import Tensors

/// Keeps what a mask does not repaint of an image: after each step its tokens are put back, with as much
/// noise as the others have by then.
///
/// `x = (1 - m) · (σ · noise + (1 - σ) · source) + m · x`: the rule of diffusers'
/// `Flux2KleinInpaintPipeline` (spec §9.6).
package struct Inpainting: Sendable {
  /// The share of each token that is repainted, 0…1, `[N]`.
  let shares: [Float]
  /// The latents of the image, `[N, C]`.
  let source: Tensor
  /// The noise of the seed, `[N, C]`.
  let noise: Tensor

  /// Puts the kept tokens back into latents of a noise level.
  package func restore(_ latents: inout Tensor, sigma: Float) {
    precondition(
      latents.shape == source.shape && shares.count * latents.columns == latents.elements.count,
      "\(shares.count) shares for latents of \(latents.shape)")
    let kept = Latents.mix(source, noise: noise, sigma: sigma)
    let columns = latents.columns
    latents.elements = latents.elements.indices.map { index in
      let share = shares[index / columns]
      return (1 - share) * kept.elements[index] + share * latents.elements[index]
    }
  }
}

extension Raster {
  /// The grey from which a mask's pixel is repainted: half, as diffusers binarises it.
  package static let repaintedGrey: UInt8 = 128

  /// The share of each token that a mask repaints, row by row: bilinear between its pixels, each of which
  /// is repainted or kept.
  ///
  /// Without corners aligned and without antialiasing, the middle of a token of an even number of pixels
  /// is between four pixels; the result is their mean (torch's `interpolate`, spec §9.6).
  /// - Parameter side: Pixels of a token's side, even; width and height are multiples of it.
  func repaintedShares(pixelsPerToken side: Int) -> [Float] {
    precondition(
      side % 2 == 0 && width % side == 0 && height % side == 0,
      "a mask of \(width)x\(height) for tokens of \(side) pixels")
    var shares: [Float] = []
    shares.reserveCapacity(width / side * (height / side))
    for row in stride(from: side / 2 - 1, to: height, by: side) {
      for column in stride(from: side / 2 - 1, to: width, by: side) {
        let corners = [(row, column), (row, column + 1), (row + 1, column), (row + 1, column + 1)]
        let repainted = corners.count {
          pixels[($0.0 * width + $0.1) * 3] >= Self.repaintedGrey
        }
        shares.append(Float(repainted) / 4)
      }
    }
    return shares
  }
}
