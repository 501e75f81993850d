package import Tensors
import Weights

/// Brings a model's weights into the form in which they are multiplied.
package struct WeightPreparation: Sendable {
  /// The place of a linear layer in the network.
  enum Role {
    /// In a block, among the layers that take nearly all of the time.
    case block
    /// Before or after the blocks: embedders, modulation, the last projection; in float32. They are a
    /// two-hundredth of the work, and an error in them reaches every block, or the velocity itself.
    case border
  }

  /// The arithmetic of the blocks' products.
  package let precision: Precision
  /// The device that quantises.
  let device: Device
  /// Looks a weight up that was quantised before, by its name and as it is stored; nil if it was not.
  typealias Prepared = @Sendable (_ name: String, _ source: WeightTensor) -> WeightTensor?

  /// The weights that were quantised before.
  let prepared: Prepared
  /// False to leave out what int8 does about outliers, factors of columns, rotation and float32 parts, for
  /// comparisons.
  let handlesOutliers: Bool

  /// Prepares for products in a precision.
  package init(_ precision: Precision, on device: Device, handlesOutliers: Bool = true) {
    self.init(precision, on: device, handlesOutliers: handlesOutliers) { _, _ in nil }
  }

  init(
    _ precision: Precision, on device: Device, handlesOutliers: Bool = true,
    prepared: @escaping Prepared
  ) {
    self.precision = precision
    self.device = device
    self.prepared = prepared
    self.handlesOutliers = handlesOutliers
  }

  /// Returns a weight to multiply with; quantising reads all of it and copies it at a byte an element, the
  /// others stay where they are, as do those that a file has in int8.
  /// - Parameters:
  ///   - weight: The weight as it is stored.
  ///   - role: Its place.
  ///   - name: Its name in the model, which begins with the component's.
  func callAsFunction(_ weight: WeightTensor, _ role: Role, name: String) -> WeightTensor {
    switch (precision, role) {
    case (.float32, _), (_, .border): return weight
    case (.bfloat16, .block): return weight.computed(in: .bfloat16)
    case (.int8, .block):
      if let stored = weight.multipliedAsStored() { return stored }
      if let quantized = prepared(name, weight) { return quantized }
      let quantized = device.quantize(
        weight, rotates: handlesOutliers, equalizes: handlesOutliers,
        keepsOutliers: handlesOutliers)
      weight.evict()
      return quantized
    }
  }
}
