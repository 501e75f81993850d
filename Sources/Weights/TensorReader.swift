public import Tensors

/// Hands out a checkpoint's tensors by name and remembers which: a model that reads its weights through
/// it notices missing tensors, wrong shapes and tensors that nothing asked for.
public struct TensorReader {
  private let checkpoint: Checkpoint
  private var unused: Set<String>  // own text: the header's names are ASCII.

  /// Begins with nothing read.
  public init(_ checkpoint: Checkpoint) {
    self.checkpoint = checkpoint
    unused = Set(checkpoint.tensors.keys)
  }

  /// The tensor of a name.
  /// - Parameters:
  ///   - name: As the checkpoint spells it.
  ///   - shape: The shape it must have.
  /// - Returns: The tensor in its storage format, one the kernels compute with.
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
    guard tensor.dtype.isComputable else {
      throw WeightsError(
        .unsupported, file: checkpoint.name,
        "\(name) is stored as \(tensor.dtype.rawValue), which cannot be computed with")
    }
    unused.remove(name)
    return tensor
  }

  /// A small tensor of one axis, widened to float32: a bias, a norm's scale.
  public mutating func vector(_ name: String, count: Int) throws(WeightsError) -> Tensor {
    try tensor(name, shape: [count]).widened()
  }

  /// Leaves a tensor alone if it is there, whatever its shape and type.
  public mutating func skip(_ name: String) {
    unused.remove(name)
  }

  /// Checks that every tensor has been read or skipped.
  public func finish() throws(WeightsError) {
    guard !unused.isEmpty else { return }
    let listed = unused.sorted().prefix(5).joined(separator: ", ")
    let more = unused.count > 5 ? " and \(unused.count - 5) more" : ""
    throw WeightsError(
      .unusedTensors, file: checkpoint.name, "the model has no place for \(listed)\(more)")
  }
}
