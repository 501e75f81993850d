/// Channels of an activation that are larger than the others by a constant factor.
///
/// Trained models of this family have them, up to a thousand times the rest (Sun et al., *Massive Activations in
/// Large Language Models*, arXiv:2402.17762; Dettmers et al., *LLM.int8()*, arXiv:2208.07339, §4), random weights
/// have not; and a reduced precision that only random weights were tried with may fail on trained ones.
public struct OutlierChannels: Sendable, Equatable {
  /// One of the channels.
  public struct Channel: Sendable, Equatable {
    /// Its index in the activation.
    public let index: Int
    /// The factor of its size to that of the others.
    public let factor: Int
  }

  /// The larger channels, in ascending order.
  public let channels: [Channel]
  /// Channels of the activation.
  let channelCount: Int

  /// Channels of each factor.
  ///
  /// A norm divides a token by its outliers. Were there one, tokens in which it happens to be small would be
  /// many times as large as the rest behind the norm; four are hardly ever small together.
  static let count = 4

  /// Spreads four channels of each factor over an activation, the factors in turn.
  ///
  /// Of `n` channels the `i`-th lies in the middle of the `i`-th `n`-th, three further, so that it begins no
  /// block of a power of two.
  init(_ factors: [Int], channelCount: Int) {
    self.channelCount = channelCount
    let all = (0..<Self.count).flatMap { _ in factors }
    channels = all.enumerated().map { index, factor in
      Channel(
        index: (channelCount * (2 * index + 1) / (2 * all.count) + 3) % channelCount, factor: factor
      )
    }
  }

  /// One factor for each channel.
  var factors: [Float] {
    var factors = [Float](repeating: 1, count: channelCount)
    for channel in channels { factors[channel.index] = Float(channel.factor) }
    return factors
  }

  /// The channels of the attention output where several query heads share these values.
  /// - Parameters:
  ///   - headDim: Channels of a head.
  ///   - shareCount: Query heads for each value head.
  func attended(headDim: Int, shareCount: Int) -> [Float] {
    let factors = factors
    return (0..<channelCount / headDim * shareCount).flatMap { head in
      let start = head / shareCount * headDim
      return factors[start..<start + headDim]
    }
  }
}

/// The treatment of the outliers by a layer that reads them; fabricated models have both side by side.
enum OutlierReading: Sendable {
  /// Their columns are divided by the factor: the channel counts as much as any other, and what is lost of the
  /// others in its shadow is lost of the output.
  case divided
  /// Their columns are as large as the rest: the outliers make up most of the output.
  case carried

  /// Returns the deviations of a layer's columns, such that outputs have a deviation of `gain`.
  /// - Parameter amplitudes: The deviation of each input.
  func columns(reading amplitudes: [Float], gain: Float = 1) -> [Float] {
    switch self {
    case .divided:
      let each = gain / Float(amplitudes.count).squareRoot()
      return amplitudes.map { each / $0 }
    case .carried:
      let whole = amplitudes.reduce(0) { $0 + $1 * $1 }.squareRoot()
      return [Float](repeating: gain / whole, count: amplitudes.count)
    }
  }

  /// The treatment by the MLP of a block, given that by its attention; and that of the outputs, which are
  /// the other way round.
  var other: OutlierReading { self == .divided ? .carried : .divided }

  /// The treatment by the attention projections of a block: divided in every second block.
  static func ofAttention(in block: Int) -> OutlierReading { block % 2 == 0 ? .divided : .carried }
}
