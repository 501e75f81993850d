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

  /// Returns the bands of a matrix that writes the channels, each outlier's row in a band of its own.
  /// - Parameters:
  ///   - others: Makes the band of some rows that write no outliers, from their number.
  ///   - outlier: Makes the band of an outlier's row, from its factor and its sign. Channels of one factor have
  ///     both signs, or a layer norm, which subtracts the mean of all channels, would give the others an offset
  ///     larger than themselves.
  func bands(
    others: (Int) -> FabricatedTensor.Band, outlier: (Float, Float) -> FabricatedTensor.Band
  ) -> [FabricatedTensor.Band] {
    var bands: [FabricatedTensor.Band] = []
    var start = 0
    for (index, channel) in channels.enumerated() {
      let isNegative = index / (channels.count / Self.count) % 2 == 1
      bands.append(others(channel.index - start))
      bands.append(outlier(Float(channel.factor), isNegative ? -1 : 1))
      start = channel.index + 1
    }
    return bands + [others(channelCount - start)]
  }

  /// The sizes of the channels as a norm leaves them.
  /// - Parameters:
  ///   - outliers: The size of the outliers over their factors.
  ///   - others: The size of the others.
  func amplitudes(outliers: Float = 1, others: Float) -> [Float] {
    factors.map { $0 > 1 ? $0 * outliers : others }.normalised
  }

  /// The deviation of a residual stream of 1 at first after some blocks, each of which has two branches.
  ///
  /// A norm keeps no stream small whose outliers it divides by: twice as large a stream makes a gated product four
  /// times as large. So the columns that read it become smaller from block to block.
  static func growth(blocks: Int, branch: Float) -> Float {
    (1 + 2 * Float(blocks) * branch * branch).squareRoot()
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
  /// The outliers make up half of the output's variance, the rest the other half.
  case shared

  /// The least ratio of an outlier's size to that of the smallest channel.
  private static let outlierRatio: Float = 8

  /// Returns the deviations of a layer's columns, such that outputs have a deviation of `gain`.
  /// - Parameter amplitudes: The deviation of each input.
  func columns(reading amplitudes: [Float], gain: Float = 1) -> [Float] {
    switch self {
    case .divided:
      let each = gain / Float(amplitudes.count).squareRoot()
      return amplitudes.map { each / $0 }
    case .shared:
      let limit = Self.outlierRatio * (amplitudes.min() ?? 0)
      let outliers = amplitudes.filter { $0 > limit }
      guard !outliers.isEmpty else {
        return OutlierReading.divided.columns(reading: amplitudes, gain: gain)
      }
      let half = gain * Float(0.5).squareRoot()
      func column(_ part: [Float]) -> Float {
        half / part.reduce(0) { $0 + $1 * $1 }.squareRoot()
      }
      let (large, small) = (column(outliers), column(amplitudes.filter { $0 <= limit }))
      return amplitudes.map { $0 > limit ? large : small }
    }
  }

  /// The treatment by the MLP of a block, given that by its attention; and that of the outputs, which are
  /// the other way round.
  var other: OutlierReading { self == .divided ? .shared : .divided }

  /// The treatment by the attention projections of a block: divided in every second block.
  static func ofAttention(in block: Int) -> OutlierReading { block % 2 == 0 ? .divided : .shared }
}
