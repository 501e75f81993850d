import CKernels

/// Mean and variance of each channel of a channels-last image, from which a group normalisation is made.
public struct ChannelMoments: Sendable {
  /// One entry for each channel.
  var channels: [iris_moments]

  /// Creates moments that `fill` writes, for a kernel.
  init(count: Int, fill: (UnsafeMutablePointer<iris_moments>) -> Void) {
    channels = unsafe [iris_moments](unsafeUninitializedCapacity: max(count, 1)) {
      buffer, initialised in
      if let base = buffer.baseAddress { unsafe fill(base) }
      initialised = count
    }
  }

  /// Combines the moments of the parts of an image, in this order.
  /// - Precondition: There is a part, and all have the same channels.
  /// - Note: Chan, Golub & LeVeque, *Updating Formulae and a Pairwise Algorithm for Computing Sample Variances*,
  ///   1979.
  public init(combining parts: [ChannelMoments]) {
    precondition(
      !parts.isEmpty && parts.allSatisfy { $0.channels.count == parts[0].channels.count },
      "moments of \(parts.map(\.channels.count)) channels")
    channels = parts[0].channels.indices.map { channel in
      parts.dropFirst().reduce(parts[0].channels[channel]) { whole, part in
        let part = part.channels[channel]
        let count = whole.count + part.count
        let distance = part.mean - whole.mean
        return iris_moments(
          mean: whole.mean + distance * (part.count / count),
          squares: whole.squares + part.squares
            + distance * distance * (whole.count * part.count / count),
          count: count)
      }
    }
  }

  /// The mean of each channel.
  public var means: [Double] { channels.map(\.mean) }
  /// The (biased) variance of each channel.
  public var variances: [Double] { channels.map { $0.squares / $0.count } }
}

/// A group normalisation of an image whose moments are known, optionally followed by SiLU.
public struct ChannelNormalization: Sendable {
  /// Means, factors and offsets, `[3, C]`: `y = (x - mean) · factor + offset`.
  let table: Tensor
  /// True to apply `x · σ(x)` to the result.
  let silu: Bool

  /// Creates the normalisation.
  /// - Parameters:
  ///   - moments: The moments of the image's channels.
  ///   - weight: `[C]`.
  ///   - bias: `[C]`.
  ///   - groups: Consecutive runs of `C / groups` channels share one mean and variance.
  ///   - epsilon: Added to the (biased) variance.
  ///   - silu: True to apply `x · σ(x)` to the result.
  /// - Note: Wu & He, arXiv:1803.08494.
  public init(
    _ moments: ChannelMoments, weight: Tensor, bias: Tensor, groups: Int, epsilon: Float,
    silu: Bool
  ) {
    let count = moments.channels.count
    precondition(
      groups > 0 && count % groups == 0 && weight.elements.count == count
        && bias.elements.count == count,
      "\(groups) groups over \(count) channels, weight \(weight.shape), bias \(bias.shape)")
    self.silu = silu
    table = unsafe Tensor(uninitialised: [3, count]) { table in
      unsafe moments.channels.withUnsafeBufferPointer { moments in
        unsafe weight.elements.withUnsafeBufferPointer { weight in
          unsafe bias.elements.withUnsafeBufferPointer { bias in
            unsafe iris_group_norm_table(
              moments.baseAddress, weight.baseAddress, bias.baseAddress, count, groups, epsilon,
              table)
          }
        }
      }
    }
  }
}

extension Device {
  /// Computes the moments of each channel.
  /// - Parameter x: `[…, C]`; all leading axes are pixels, at least one.
  public func channelMoments(of x: Tensor) -> ChannelMoments {
    precondition(x.rows > 0, "moments of an image \(x.shape)")
    return unsafe ChannelMoments(count: x.columns) { moments in
      unsafe withElements(x) { input in
        unsafe iris_channel_moments(pool, input, x.rows, x.columns, moments)
      }
    }
  }

  /// Normalises every pixel of `[…, C]`.
  /// - Returns: The shape of `x`.
  public func normalized(_ x: Tensor, by norm: ChannelNormalization) -> Tensor {
    precondition(norm.table.columns == x.columns, "normalising \(x.shape) by \(norm.table.shape)")
    return unsafe Tensor(uninitialised: x.shape) { output in
      unsafe withElements(x) { input in
        unsafe withElements(norm.table) { table in
          unsafe iris_normalize_channels(
            pool, input, table, output, x.rows, x.columns, norm.silu)
        }
      }
    }
  }
}
