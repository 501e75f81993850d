import Tensors

/// A linear layer with bias: `y = x·Wᵀ + b`.
struct Linear: Sendable {
  /// `W`, `[D, C]`.
  let weight: WeightTensor
  /// `b`, `[D]`.
  let bias: Tensor

  /// Projects every row of `[N, C]`, or every pixel of `[H, W, C]`.
  func callAsFunction(_ x: Tensor, on device: Device) -> Tensor {
    device.linear(x, weight, bias: bias)
  }
}

/// A linear layer without bias that the adapters of a request change: `y = x·Wᵀ + Σ scale · x·ΔWᵀ`.
///
/// The weight itself is never changed, so that requests with different adapters share it.
struct AdaptedLinear: Sendable {
  /// `W`, `[D, C]`, in the form in which it is multiplied.
  let weight: WeightTensor
  /// `W` as it is stored.
  let stored: WeightTensor
  /// The module path that diffusers gives this layer, by which adapters name it.
  let path: String

  /// Projects every row.
  /// - Parameters:
  ///   - x: `[N, C]`.
  ///   - device: Where to compute.
  ///   - adapters: The request's adapters.
  /// - Returns: `[N, D]`.
  func callAsFunction(
    _ x: some Matrix, on device: Device, adapters: AdapterStack
  ) -> Tensor {
    guard adapters[path] != nil else { return device.linear(x, weight) }
    var y = Tensor(unwritten: [x.view.rows.count, weight.shape[0]])
    write(x, into: &y, on: device, adapters: adapters)
    return y
  }

  /// Projects every row into a rectangle of an existing tensor.
  /// - Parameters:
  ///   - x: `[N, C]`.
  ///   - outputs: The output features to compute; nil for all.
  ///   - accumulate: True to add to the rectangle's values.
  ///   - y: Receives `N` rows from `row` on, and the outputs from `column` on.
  func write(
    _ x: some Matrix, outputs: Range<Int>? = nil, accumulate: Bool = false,
    into y: inout Tensor, row: Int = 0, column: Int = 0, on device: Device,
    adapters: AdapterStack
  ) {
    let weight = outputs.map { self.weight.rows($0) } ?? self.weight
    guard let changes = adapters[path] else {
      return device.linear(
        x, weight, accumulate: accumulate, into: &y, row: row, column: column)
    }
    changes.write(
      x, weight, outputs: outputs, accumulate: accumulate, into: &y, row: row, column: column,
      on: device)
  }
}

/// A callback after each block of a network; an error that it throws ends the run.
///
/// A block is the work between two calls: half a residual block, a layer, a single convolution. None takes
/// long compared with the time in which a disconnected client should be noticed.
package typealias BlockDone = () throws -> Void
