import Glibc
package import Tensors

/// Shift, scale and gate of one branch of a block, computed from the noise level (spec §4.4).
package struct Modulation: Sendable {
  /// Added after scaling, `[C]`.
  package let shift: Tensor
  /// The normalised input is multiplied by `1 + scale`, `[C]`.
  package let scale: Tensor
  /// Factor of the branch added to the residual stream, `[C]`.
  package let gate: Tensor

  /// Splits a projection of the noise level: each set is shift, scale, gate, in this order (spec §4.4).
  /// - Parameter features: `[1, 3C · sets]`.
  package static func sets(_ features: Tensor, hiddenSize: Int) -> [Modulation] {
    stride(from: 0, to: features.columns, by: 3 * hiddenSize).map { start in
      let parts = (0..<3).map { part in
        let range = start + part * hiddenSize..<start + (part + 1) * hiddenSize
        return Tensor(shape: [hiddenSize], elements: Array(features.elements[range]))
      }
      return Modulation(shift: parts[0], scale: parts[1], gate: parts[2])
    }
  }
}

/// The modulation of one step; all blocks share it, so it is computed once (spec §4.4).
package struct StepModulation: Sendable {
  /// Text stream of the double blocks: attention, then MLP.
  package var text: [Modulation]
  /// Image stream of the double blocks: attention, then MLP.
  package var image: [Modulation]
  /// The single blocks.
  package var single: Modulation
  /// The final norm's scale, `[C]`.
  package let outputScale: Tensor
  /// The final norm's shift, `[C]`.
  package let outputShift: Tensor
}

/// Turns a noise level into features: a sinusoid through two linear layers (spec §4.3).
package struct TimestepEmbedding: Sendable {
  /// Longest period of the sinusoid, the usual 10000 (Vaswani et al., arXiv:1706.03762, §3.5).
  private static let longestPeriod = 10000.0

  /// Features of the sinusoid; even.
  let channels: Int
  /// `[C, channels]`.
  let linear1: AdaptedLinear
  /// `[C, C]`.
  let linear2: AdaptedLinear

  /// Embeds a noise level.
  /// - Parameters:
  ///   - timestep: The noise level, in 0…1.
  ///   - device: Where to compute.
  ///   - adapters: The request's adapters.
  /// - Returns: `[1, C]`.
  func callAsFunction(_ timestep: Float, on device: Device, adapters: AdapterStack) -> Tensor {
    let wave = Self.sinusoid(timestep, channels: channels)
    let hidden = device.silu(linear1(wave, on: device, adapters: adapters))
    return linear2(hidden, on: device, adapters: adapters)
  }

  /// Computes the cosines, then the sines, of `1000 · timestep` times falling frequencies.
  ///
  /// Everything is rounded to single precision at every operation, as in the reference: at time 1000
  /// one unit in a frequency's last place moves the angle by 6e-5.
  /// - Returns: `[1, channels]`.
  package static func sinusoid(_ timestep: Float, channels: Int) -> Tensor {
    let half = channels / 2
    let scaled = timestep * 1000
    let angles = (0..<half).map { index in
      scaled * exponential(Float(-log(longestPeriod)) * Float(index) / Float(half))
    }
    return Tensor(
      shape: [1, channels], elements: angles.map { cosf($0) } + angles.map { sinf($0) })
  }

  /// The exponents, as bit patterns, whose exponential is one unit in the last place above the nearest float
  /// in torch, among those of all widths that are powers of two up to 512: 3/32 and 53/64 of the way.
  ///
  /// Its vector library is exact to 0.53 units (measured with torch 2.15 on AVX-512). Left alone, the two
  /// moved up to 0.1 % of an image's values by one.
  private static let roundedUp: Set<UInt32> = [0xBF5D_0C55, 0xC0F4_12F3]

  private static func exponential(_ exponent: Float) -> Float {
    let value = expf(exponent)
    return roundedUp.contains(exponent.bitPattern) ? value.nextUp : value
  }
}
