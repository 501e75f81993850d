import CKernels

/// A low-rank change of a weight, `scale · up · down`, whose product is added to the weight's own.
///
/// Where the weight is multiplied in bfloat16 or int8, its products are in bfloat16, and cost no pass over inputs and
/// outputs of their own.
/// - Note: Hu et al., *LoRA: Low-Rank Adaptation of Large Language Models*, arXiv:2106.09685.
public struct LowRankChange {
  /// `[r, C]` in any computable storage format.
  let down: WeightTensor
  /// `[D, r]`, likewise.
  let up: WeightTensor
  let scale: Float

  /// Describes the change of a weight, `[D, C]`.
  public init(down: WeightTensor, up: WeightTensor, scale: Float) {
    precondition(down.shape[0] == up.shape[1], "factors \(down.shape) and \(up.shape)")
    self.down = down
    self.up = up
    self.scale = scale
  }

  /// `r`.
  var rank: Int { down.shape[0] }
}

extension Device {
  /// Applies a linear layer to every row: `y = x · weightᵀ + bias`.
  /// - Parameters:
  ///   - x: Input features, `[N, C]`.
  ///   - weight: `[D, C]` in any computable storage format, or quantised; multiplied in its precision.
  ///   - bias: `[D]`.
  /// - Returns: `[N, D]`.
  public func linear(
    _ x: some Matrix, _ weight: WeightTensor, bias: Tensor? = nil
  ) -> Tensor {
    let rows = x.view.rows.count
    let features = weight.shape[0]
    return unsafe Tensor(uninitialised: [rows, features]) { output in
      unsafe project(
        x.view, weight, bias: bias, scale: 1, accumulate: false, change: nil,
        to: iris_rows(data: output, stride: features))
    }
  }

  /// Applies a linear layer to every row and writes into a rectangle of an existing tensor:
  /// `y[row…, column…] = (accumulate ? y : 0) + scale · x · weightᵀ + bias`.
  /// - Parameters:
  ///   - x: Input features, `[N, C]`.
  ///   - weight: `[D, C]`.
  ///   - bias: `[D]`.
  ///   - scale: Factor of the product, for example a LoRA's strength.
  ///   - accumulate: True to add to the rectangle's values.
  ///   - change: Of the weight; its product is added, without `scale`.
  ///   - y: The output tensor; `N` rows from `row` on and `D` columns from `column` on are written.
  public func linear(
    _ x: some Matrix, _ weight: WeightTensor, bias: Tensor? = nil, scale: Float = 1,
    accumulate: Bool = false, change: LowRankChange? = nil, into y: inout Tensor, row: Int = 0,
    column: Int = 0
  ) {
    let view = x.view
    precondition(
      row + view.rows.count <= y.rows && column + weight.shape[0] <= y.columns,
      "\(view.rows.count) rows of \(weight.shape[0]) at [\(row), \(column)] of \(y.shape)")
    unsafe y.withRows { output in
      unsafe project(
        view, weight, bias: bias, scale: scale, accumulate: accumulate, change: change,
        to: output.offset(row: row, column: column))
    }
  }

  private func project(
    _ x: TensorView, _ weight: WeightTensor, bias: Tensor?, scale: Float, accumulate: Bool,
    change: LowRankChange?, to output: iris_rows
  ) {
    precondition(
      weight.shape.count == 2 && weight.shape[1] == x.columns.count,
      "projecting \(x.columns.count) features with a weight \(weight.shape)")
    precondition(
      bias.map { $0.elements.count == weight.shape[0] } ?? true,
      "bias \(bias?.shape ?? []) for a weight \(weight.shape)")
    precondition(
      change.map { $0.down.shape[1] == x.columns.count && $0.up.shape[0] == weight.shape[0] }
        ?? true,
      "a change by \(change?.up.shape ?? []) and \(change?.down.shape ?? []) of \(weight.shape)")
    linearObserver?(x, weight)
    count(
      multiplications: x.rows.count
        * (weight.count + (change.map { $0.down.count + $0.up.count } ?? 0)))
    if let quantization = weight.quantization {
      unsafe projectQuantized(
        x, weight, quantization, bias: bias, scale: scale, accumulate: accumulate, change: change,
        to: output)
      return
    }
    unsafe x.withRows { input in
      unsafe withElements(bias) { bias in
        var arguments = unsafe iris_linear_args(
          x: input, w: weight.stored,
          quantization: iris_quantization(),
          bfloat16: weight.precision == .bfloat16, bias: bias, y: output, m: x.rows.count,
          n: weight.shape[0], k: weight.shape[1], scale: scale, accumulate: accumulate,
          library: products.library(for: weight.precision), outliers: nil, outlier_count: 0,
          outlier_weights: iris_stored(), side_down: change?.down.stored ?? iris_stored(),
          side_up: change?.up.stored ?? iris_stored(), side_scale: change?.scale ?? 0,
          side_rank: change?.rank ?? 0)
        unsafe iris_linear(pool, &arguments)
      }
    }
  }
}
