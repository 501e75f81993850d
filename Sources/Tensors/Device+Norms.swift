import CKernels

/// Cosines and sines of a rotary position embedding, one angle for each pair of a head's features.
public struct RotaryTable: Sendable {
  /// The features that are rotated together.
  public enum Pairing: Sendable {
    /// `(2k, 2k + 1)`: the transformer (spec §4.5).
    case interleaved
    /// `(k, k + D/2)`: Qwen3 (spec §3).
    case halves
  }

  /// `[N, D/2]`.
  public var cosines: Tensor
  /// `[N, D/2]`.
  public var sines: Tensor
  /// The features that are rotated together.
  public var pairing: Pairing

  /// Creates a table from cosines and sines of equal shape.
  public init(cosines: Tensor, sines: Tensor, pairing: Pairing) {
    precondition(cosines.shape == sines.shape, "\(cosines.shape) cosines, \(sines.shape) sines")
    self.cosines = cosines
    self.sines = sines
    self.pairing = pairing
  }
}

extension Device {
  /// Adaptive layer normalisation: `(1 + scale) · norm(x) + shift`, without affine weights.
  /// - Parameters:
  ///   - x: Hidden states, `[N, C]`.
  ///   - shift: `[C]`.
  ///   - scale: `[C]`.
  ///   - epsilon: Added to the (biased) variance.
  /// - Returns: `[N, C]`.
  /// - Note: Peebles & Xie, *Scalable Diffusion Models with Transformers*, §3.2, arXiv:2212.09748.
  public func modulatedLayerNorm(
    _ x: some Matrix, shift: Tensor, scale: Tensor, epsilon: Float
  ) -> Tensor {
    let (rows, columns) = (x.view.rows.count, x.view.columns.count)
    precondition(
      shift.elements.count == columns && scale.elements.count == columns,
      "modulating \(columns) features by \(shift.shape) and \(scale.shape)")
    return unsafe Tensor(uninitialised: [rows, columns]) { output in
      unsafe x.view.withRows { input in
        unsafe withElements(shift) { shift in
          unsafe withElements(scale) { scale in
            unsafe iris_modulated_layer_norm(
              pool, input, shift, scale, iris_rows(data: output, stride: columns), rows, columns,
              epsilon)
          }
        }
      }
    }
  }

  /// Root-mean-square normalisation: `weight · x / √(mean(x²) + ε)`.
  /// - Parameters:
  ///   - x: `[N, C]`.
  ///   - weight: `[C]`.
  ///   - epsilon: Added to the mean square.
  /// - Returns: `[N, C]`.
  /// - Note: Zhang & Sennrich, arXiv:1910.07467.
  public func rmsNorm(_ x: some Matrix, weight: Tensor, epsilon: Float) -> Tensor {
    let (rows, columns) = (x.view.rows.count, x.view.columns.count)
    precondition(weight.elements.count == columns, "\(weight.shape) for \(columns) features")
    return unsafe Tensor(uninitialised: [rows, columns]) { output in
      unsafe x.view.withRows { input in
        unsafe withElements(weight) { weight in
          unsafe iris_rms_norm(
            pool, input, weight, iris_rows(data: output, stride: columns), rows, columns, epsilon)
        }
      }
    }
  }

  /// Applies RMS normalisation and rotary embedding to each head, in place: for queries or keys
  /// before attention.
  /// - Parameters:
  ///   - x: The tensor to change.
  ///   - columns: The columns of the heads; their number is a multiple of the head width.
  ///   - row: The first row to change.
  ///   - weight: Scale of the RMS norm, `[D]`.
  ///   - rotary: One table row for each changed row.
  ///   - tableRows: The table rows to use; their number is the number of changed rows.
  ///   - epsilon: Added to the mean square.
  public func normaliseAndRotateHeads(
    _ x: inout Tensor, columns: Range<Int>, row: Int = 0, weight: Tensor, rotary: RotaryTable,
    tableRows: Range<Int>, epsilon: Float
  ) {
    let width = weight.elements.count
    let cosines = rotary.cosines[rows: tableRows]
    let sines = rotary.sines[rows: tableRows]
    precondition(
      width > 0 && columns.count % width == 0 && columns.upperBound <= x.columns
        && row + tableRows.count <= x.rows && cosines.columns.count * 2 == width,
      "heads of \(width) in columns \(columns) of \(x.shape), table \(rotary.cosines.shape)")
    unsafe x.withRows { output in
      unsafe withElements(weight) { weight in
        unsafe cosines.withRows { cosines in
          unsafe sines.withRows { sines in
            var arguments = unsafe iris_head_norm_args(
              x: output.offset(row: row, column: columns.lowerBound), weight: weight,
              cosine: cosines.data, sine: sines.data, rows: tableRows.count,
              heads: columns.count / width, width: width, eps: epsilon,
              interleaved: rotary.pairing == .interleaved)
            unsafe iris_head_norm_rotary(pool, &arguments)
          }
        }
      }
    }
  }
}
