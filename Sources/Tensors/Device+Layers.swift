import CKernels

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
        x.view, weight, bias: bias, scale: 1, accumulate: false,
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
  ///   - y: The output tensor; `N` rows from `row` on and `D` columns from `column` on are written.
  public func linear(
    _ x: some Matrix, _ weight: WeightTensor, bias: Tensor? = nil, scale: Float = 1,
    accumulate: Bool = false, into y: inout Tensor, row: Int = 0, column: Int = 0
  ) {
    let view = x.view
    precondition(
      row + view.rows.count <= y.rows && column + weight.shape[0] <= y.columns,
      "\(view.rows.count) rows of \(weight.shape[0]) at [\(row), \(column)] of \(y.shape)")
    unsafe y.withRows { output in
      unsafe project(
        view, weight, bias: bias, scale: scale, accumulate: accumulate,
        to: output.offset(row: row, column: column))
    }
  }

  private func project(
    _ x: TensorView, _ weight: WeightTensor, bias: Tensor?, scale: Float, accumulate: Bool,
    to output: iris_rows
  ) {
    precondition(
      weight.shape.count == 2 && weight.shape[1] == x.columns.count,
      "projecting \(x.columns.count) features with a weight \(weight.shape)")
    precondition(
      bias.map { $0.elements.count == weight.shape[0] } ?? true,
      "bias \(bias?.shape ?? []) for a weight \(weight.shape)")
    linearObserver?(x, weight)
    count(multiplications: x.rows.count * weight.count)
    if let quantization = weight.quantization {
      unsafe projectQuantized(
        x, weight, quantization, bias: bias, scale: scale, accumulate: accumulate, to: output)
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
          outlier_weights: iris_stored())
        unsafe iris_linear(pool, &arguments)
      }
    }
  }
}
