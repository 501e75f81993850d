import CKernels

extension Device {
  /// Quantises a weight matrix to int8: columns are scaled to equal size and rotated in groups, so that
  /// outliers among inputs or weights do not cost the others their precision, then rows are rounded.
  ///
  /// Channels that are too large even so are left to float32 (`Outliers`), for which the matrix as it is stored stays in
  /// use.
  /// - Parameters:
  ///   - weight: `[D, C]` in a computable storage format; it is read only.
  ///   - rotates: False to leave out the rotation, for comparisons.
  ///   - equalizes: False to leave out the factors of columns, for comparisons.
  ///   - keepsOutliers: False to round outliers, too, for comparisons.
  /// - Returns: `[D, C]` in memory of its own, a byte for each element.
  /// - Note: Ashkboos et al., *QuaRot*, arXiv:2404.00456; Dettmers et al., *LLM.int8()*, arXiv:2208.07339; Xiao
  ///   et al., *SmoothQuant*, arXiv:2211.10438, of which this takes the part that needs no calibration.
  public func quantize(
    _ weight: WeightTensor, rotates: Bool = true, equalizes: Bool = true,
    keepsOutliers: Bool = true
  ) -> WeightTensor {
    precondition(
      weight.shape.count == 2 && weight.isComputable, "\(weight.formatName) \(weight.shape)")
    let (rows, columns) = (weight.shape[0], weight.shape[1])
    let group = rotates ? Quantization.group(for: columns) : 1
    let layout = Quantization.Layout(for: weight.shape)
    let buffer = ByteBuffer(count: weight.count)
    var factors = Tensor(zeros: [columns])
    var scales = Tensor(zeros: [rows])
    unsafe factors.withRows { factors in
      unsafe scales.withRows { scales in
        var arguments = unsafe iris_quantize_args(
          w: weight.stored, n: rows, k: columns, group: group, equalizes: equalizes,
          in_panels: layout != .rows, y: buffer.start.assumingMemoryBound(to: Int8.self),
          scales: scales.data,
          factors: factors.data)
        unsafe iris_quantize(pool, &arguments)
      }
    }
    var outliers: Outliers?
    if keepsOutliers {
      let large = Outliers.rows(of: scales)
      for row in large { scales.elements[row] = 0 }
      outliers = Outliers(
        rows: large, rowWeights: large.isEmpty ? nil : weight.gathering(rows: large),
        columns: OutlierColumns(weight, emptyRows: large))
    }
    return WeightTensor(
      shape: weight.shape, dtype: .int8, address: buffer.address, owner: buffer,
      quantization: Quantization(
        scales: scales, factors: factors, group: group, layout: layout, outliers: outliers))
  }

  /// Finds the columns of an input that are far larger than the others, ascending.
  /// - Parameters:
  ///   - x: `[N, C]`.
  ///   - factors: The factor of each column, applied before they are compared, `[C]`.
  ///   - orders: Binary orders of magnitude above the median column.
  ///   - limit: The most columns.
  func outlierColumns(
    of x: TensorView, factors: Tensor, orders: Int32 = Outliers.columnOrders,
    limit: Int = Outliers.limit
  ) -> [Int] {
    var columns = [Int](repeating: 0, count: limit)
    var count = 0
    unsafe x.withRows { input in
      unsafe withElements(factors) { factors in
        unsafe columns.withUnsafeMutableBytes { buffer in
          count = unsafe iris_outlier_columns(
            pool, input, factors, x.rows.count, x.columns.count, orders, limit,
            buffer.baseAddress?.assumingMemoryBound(to: Int.self))
        }
      }
    }
    return Array(columns.prefix(count))
  }

  /// Multiplies with an int8 matrix, outliers in float32.
  func projectQuantized(
    _ x: TensorView, _ weight: WeightTensor, _ quantization: Quantization, bias: Tensor?,
    scale: Float, accumulate: Bool, change: LowRankChange?, to output: iris_rows
  ) {
    let columns =
      quantization.outliers == nil ? [] : outlierColumns(of: x, factors: quantization.factors)
    let columnWeights = columns.isEmpty ? nil : quantization.outliers?.columnWeights(columns)
    unsafe x.withRows { input in
      unsafe withElements(bias) { bias in
        unsafe withElements(quantization.scales) { scales in
          unsafe withElements(quantization.factors) { factors in
            unsafe columns.withUnsafeBytes { columns in
              var arguments = unsafe iris_linear_args(
                x: input, w: weight.stored,
                quantization: iris_quantization(
                  scales: scales, factors: factors, group: quantization.group,
                  is_convrot: quantization.rotation == .convRot),
                bfloat16: false, bias: bias, y: output, m: x.rows.count, n: weight.shape[0],
                k: weight.shape[1], scale: scale, accumulate: accumulate,
                library: products.library(for: .int8),
                outliers: columns.baseAddress?.assumingMemoryBound(to: Int.self),
                outlier_count: columnWeights?.shape[1] ?? 0,
                outlier_weights: columnWeights?.stored ?? iris_stored(),
                side_down: change?.down.stored ?? iris_stored(),
                side_up: change?.up.stored ?? iris_stored(), side_scale: change?.scale ?? 0,
                side_rank: change?.rank ?? 0)
              unsafe iris_linear(pool, &arguments)
            }
          }
        }
      }
    }
    guard let outliers = quantization.outliers, let rowWeights = outliers.rowWeights else { return }
    let product = unsafe Tensor(uninitialised: [x.rows.count, outliers.rows.count]) { product in
      unsafe x.withRows { input in
        // By our kernels with every provider, so that all give the same bytes.
        var arguments = unsafe iris_linear_args(
          x: input, w: rowWeights.stored,
          quantization: iris_quantization(), bfloat16: false,
          bias: nil, y: iris_rows(data: product, stride: outliers.rows.count), m: x.rows.count,
          n: outliers.rows.count, k: x.columns.count, scale: scale, accumulate: false,
          library: nil, outliers: nil, outlier_count: 0, outlier_weights: iris_stored(),
          side_down: iris_stored(), side_up: iris_stored(), side_scale: 0, side_rank: 0)
        unsafe iris_linear(pool, &arguments)
      }
    }
    unsafe product.view.withRows { product in
      unsafe outliers.rows.withUnsafeBytes { rows in
        unsafe iris_scatter_add(
          output, rows.baseAddress?.assumingMemoryBound(to: Int.self), product, x.rows.count,
          outliers.rows.count)
      }
    }
  }
}
