package import Imaging
package import Tensors

extension Raster {
  /// The pixels as the autoencoder takes them: `2 · (value / 255) - 1`, `[H, W, 3]` (spec §9.1).
  package var features: Tensor {
    let levels = (0..<256).map { 2 * (Float($0) / 255) - 1 }
    return Tensor(shape: [height, width, 3], elements: pixels.map { levels[Int($0)] })
  }

  /// The pixels that the autoencoder gives: clamped, and rounded to the nearest level, halves to the even
  /// one (spec §6.2).
  /// - Parameter features: `[H, W, 3]`.
  package init(_ features: Tensor) {
    let (height, width) = (features.shape[0], features.shape[1])
    let pixels = features.elements.map { value in
      let level = ((value * 0.5 + 0.5) * 255).rounded(.toNearestOrEven)
      return level > 0 ? level < 255 ? UInt8(level) : 255 : 0
    }
    self.init(width: width, height: height, pixels: pixels)
  }
}
