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

/// A linear layer without bias, with the low-rank side paths that a request's adapters add to it:
/// `y = x·Wᵀ + Σ scale · (x·Aᵀ)·Bᵀ`.
///
/// The weight itself is never changed, so that requests with different adapters share it.
struct LoRALinear: Sendable {
  /// `W`, `[D, C]`.
  let weight: WeightTensor
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
    var y = device.linear(x, weight)
    addBranches(of: x, to: &y, on: device, adapters: adapters)
    return y
  }

  /// Projects every row into a rectangle of an existing tensor.
  /// - Parameters:
  ///   - x: `[N, C]`.
  ///   - outputs: The output features to compute; nil for all.
  ///   - y: Receives `N` rows from `row` on, and the outputs from `column` on.
  func write(
    _ x: some Matrix, outputs: Range<Int>? = nil, into y: inout Tensor, row: Int = 0,
    column: Int = 0, on device: Device, adapters: AdapterStack
  ) {
    device.linear(
      x, outputs.map { weight.rows($0) } ?? weight, into: &y, row: row, column: column)
    addBranches(
      of: x, outputs: outputs, to: &y, row: row, column: column, on: device, adapters: adapters)
  }

  private func addBranches(
    of x: some Matrix, outputs: Range<Int>? = nil, to y: inout Tensor, row: Int = 0,
    column: Int = 0, on device: Device, adapters: AdapterStack
  ) {
    for pair in adapters.pairs(for: path) {
      device.linear(
        device.linear(x, pair.down), outputs.map { pair.up.rows($0) } ?? pair.up,
        scale: pair.scale, accumulate: true, into: &y, row: row, column: column)
    }
  }
}

/// A callback after each block of a network; an error that it throws ends the run.
///
/// A block is the work between two calls: half a residual block, a layer, a single convolution. None takes
/// long compared with the time in which a disconnected client should be noticed.
package typealias BlockDone = () throws -> Void
