package import Tensors
import Weights

/// Brings a model's weights into the form in which they are multiplied.
package struct WeightPreparation: Sendable {
  /// The place of a linear layer in the network.
  enum Role {
    /// In a block, among the layers that take nearly all of the time.
    case block
    /// Before or after the blocks: embedders, modulation, the last projection. They are a hundredth of the
    /// work, and an error in them reaches every block, or the velocity itself.
    case border
  }

  /// The arithmetic of the blocks' products.
  package let precision: Precision
  /// The device that quantises.
  let device: Device
  /// Weights that were quantised before.
  let prepared: PreparedWeights?
  /// False to leave out the rotation of int8, for comparisons.
  let rotates: Bool

  /// Prepares for products in a precision.
  package init(_ precision: Precision, on device: Device, rotates: Bool = true) {
    self.init(precision, on: device, prepared: nil, rotates: rotates)
  }

  init(
    _ precision: Precision, on device: Device, prepared: PreparedWeights?, rotates: Bool = true
  ) {
    self.precision = precision
    self.device = device
    self.prepared = prepared
    self.rotates = rotates
  }

  /// Returns a weight to multiply with; quantising reads all of it and copies it at a byte an element, the
  /// others stay where they are.
  /// - Parameters:
  ///   - weight: The weight as it is stored.
  ///   - role: Its place.
  ///   - name: Its name in the model, which begins with the component's.
  func callAsFunction(_ weight: WeightTensor, _ role: Role, name: String) -> WeightTensor {
    switch (precision, role) {
    case (.float32, _): return weight
    case (.bfloat16, _), (.int8, .border): return weight.computed(in: .bfloat16)
    case (.int8, .block):
      if let quantized = prepared?.weight(name, shape: weight.shape) { return quantized }
      let quantized = device.quantize(weight, rotates: rotates)
      weight.evict()
      return quantized
    }
  }
}
