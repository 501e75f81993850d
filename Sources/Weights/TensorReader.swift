public import Tensors

/// Reads a checkpoint's tensors by name and records which were read, so that a model detects
/// missing tensors, wrong shapes and unused tensors.
public struct TensorReader {
  private let checkpoint: Checkpoint
  private var unused: Set<String>  // own text: the header's names are ASCII.

  /// Creates a reader; no tensor counts as read yet.
  public init(_ checkpoint: Checkpoint) {
    self.checkpoint = checkpoint
    unused = Set(checkpoint.tensors.keys)
  }

  /// Returns a tensor.
  /// - Parameters:
  ///   - name: The name in the checkpoint.
  ///   - shape: The expected shape.
  /// - Returns: The tensor in its storage format, which the kernels compute with.
  public mutating func tensor(
    _ name: String, shape: [Int]
  ) throws(WeightsError) -> WeightTensor {
    guard let tensor = checkpoint.tensors[name] else {
      throw WeightsError(
        .missingTensor, file: checkpoint.name, "\(name) \(shape) is missing")
    }
    guard tensor.shape == shape else {
      throw WeightsError(
        .shapeMismatch, file: checkpoint.name,
        "\(name) has the shape \(tensor.shape), the configuration asks for \(shape)")
    }
    guard tensor.isComputable else {
      throw WeightsError(
        .unsupported, file: checkpoint.name,
        "\(name) is stored as \(tensor.formatName), which cannot be computed with")
    }
    unused.remove(name)
    return tensor
  }

  /// Returns a small tensor of one axis (a bias, a norm's scale), widened to float32.
  public mutating func vector(_ name: String, count: Int) throws(WeightsError) -> Tensor {
    try tensor(name, shape: [count]).widened()
  }

  /// Marks a tensor as used if it exists, without reading or checking it.
  public mutating func skip(_ name: String) {
    unused.remove(name)
  }

  /// Throws if any tensor was neither read nor skipped.
  public func finish() throws(WeightsError) {
    guard !unused.isEmpty else { return }
    let listed = unused.sorted().prefix(5).joined(separator: ", ")
    let more = unused.count > 5 ? " and \(unused.count - 5) more" : ""
    throw WeightsError(
      .unusedTensors, file: checkpoint.name, "the model has no place for \(listed)\(more)")
  }
}
