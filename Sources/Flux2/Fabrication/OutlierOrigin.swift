/// An MLP that gives the residual stream its outliers, as the MLP of an early layer does in trained models.
///
/// There they hardly differ from token to token, so that what follows can treat them as a bias (Sun et al.,
/// *Massive Activations in Large Language Models*, arXiv:2402.17762, §2 and §3). Here, too: half of the gated
/// product has the same weights for gate and up, and `silu(g) · g` is `g² / 2` in the mean of all `g`; the rows of
/// the outliers add that up with positive weights. Outliers that changed sign between tokens would make a norm divide
/// some tokens by next to nothing, and the model would be as sensitive to any rounding at all.
struct OutlierOrigin: Sendable {
  /// Root mean square of `silu(g) · g` for standard normal `g`.
  private static let square: Float = 1.1
  /// The mean of the positive weights in their deviations.
  private static let mean: Float = 3

  /// Names the numbers that gate and up share.
  let stream: String
  /// The channels that become outliers.
  let residual: OutlierChannels
  /// The outliers of the gated product; they lie in its other half.
  let gated: OutlierChannels

  private var sharedCount: Int { gated.channelCount / 2 }

  /// Factors of the gated product.
  private var factors: [Float] {
    .equal(sharedCount) + gated.factors[sharedCount...]
  }

  /// The rows of gate, or of up.
  /// - Parameter columns: The deviations of the columns of both.
  func bands(ofUp isUp: Bool, columns: [Float]) -> [FabricatedTensor.Band] {
    let rest = isUp ? Array(factors[sharedCount...]) : .equal(gated.channelCount - sharedCount)
    return [
      FabricatedTensor.Band(rows: .equal(sharedCount), columns: columns, stream: stream),
      FabricatedTensor.Band(rows: rest, columns: columns),
    ]
  }

  /// The rows that read the gated product.
  /// - Parameters:
  ///   - before: The columns of inputs beside it, which have no part in the outliers.
  ///   - gain: The deviation of the other outputs.
  ///   - scale: The outliers' size over their factors.
  func output(
    after before: [Float] = [], _ reading: OutlierReading, gain: Float = 1, scale: Float
  ) -> [FabricatedTensor.Band] {
    let amplitudes =
      .equal(sharedCount, Self.square)
      + factors[sharedCount...].map { $0 * TextEncoderFabrication.gated }
    let columns = before + reading.columns(reading: amplitudes, gain: gain)
    // The mean of the shared products is a half.
    let share = 1 / (Self.mean * Float(sharedCount) / 2)
    let summing =
      [Float].equal(before.count, 0) + .equal(sharedCount, share)
      + .equal(gated.channelCount - sharedCount, 0)
    return residual.bands { count in
      FabricatedTensor.Band(rows: .equal(count), columns: columns)
    } outlier: { factor, sign in
      FabricatedTensor.Band(mean: Self.mean, rows: [sign * scale * factor], columns: summing)
    }
  }
}
