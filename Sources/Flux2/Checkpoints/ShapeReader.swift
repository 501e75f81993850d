internal import Tensors
internal import Weights

/// Reads a model's dimensions off its tensors, where no configuration file says them.
struct ShapeReader {
  /// The tensors in the spelling of diffusers.
  let checkpoint: Checkpoint

  /// The extent of one axis of a tensor.
  func extent(
    of name: String, axis: Int, axes: Int, in range: ClosedRange<Int>
  ) throws(Flux2Error) -> Int {
    guard let tensor = checkpoint.tensors[name] else { throw failure("\(name) is missing") }
    guard tensor.shape.count == axes, range.contains(tensor.shape[axis]) else {
      throw failure(
        "\(name) has the shape \(tensor.shape), expected \(axes) axes and "
          + "\(range.lowerBound)…\(range.upperBound) at axis \(axis)")
    }
    return tensor.shape[axis]
  }

  /// How often `part` goes into `whole`.
  func quotient(_ whole: Int, _ part: Int, _ what: String) throws(Flux2Error) -> Int {
    guard part > 0, whole % part == 0 else {
      throw failure("\(what): \(whole) features do not divide into heads of \(part)")
    }
    return whole / part
  }

  /// How many blocks there are, at least one.
  func blockCount(_ prefix: String, limit: Int) throws(Flux2Error) -> Int {
    let count = checkpoint.blockCount(prefix)
    guard (1...limit).contains(count) else {
      throw failure("has \(count) blocks \(prefix), expected 1…\(limit)")
    }
    return count
  }

  /// The error for dimensions that make no model.
  func failure(_ detail: String) -> Flux2Error {
    Flux2Error(.weights, checkpoint.name, detail)
  }
}
