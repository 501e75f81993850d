import Glibc

/// Standard normal noise equal to that of torch's CPU generator, so that a seed gives the same
/// image as in diffusers (spec §7.6).
///
/// The generator is the 32-bit Mersenne Twister. The Box-Muller transform turns uniform values into
/// normal ones in blocks of 16; if the count is not a multiple of 16, the last 16 values are drawn
/// again.
public enum Noise {
  /// Block size of torch's `normal_fill`.
  private static let block = 16

  /// Returns independent standard normal values, `torch.randn(count, generator:
  /// manual_seed(seed))`.
  /// - Parameters:
  ///   - count: At least 16; torch fills shorter buffers by another algorithm.
  ///   - seed: Only the low 32 bits are used, as in torch.
  /// - Returns: `count` values.
  public static func normal(count: Int, seed: UInt64) -> [Float] {
    precondition(count >= block, "\(count) values: torch draws fewer than 16 in another way")
    var generator = MersenneTwister(seed: UInt32(truncatingIfNeeded: seed))
    var values = (0..<count).map { _ in generator.uniform() }
    for start in stride(from: 0, through: count - block, by: block) {
      transform(&values, from: start)
    }
    if count % block != 0 {
      let start = count - block
      for index in start..<count { values[index] = generator.uniform() }
      transform(&values, from: start)
    }
    return values
  }

  /// Applies the Box-Muller transform: the first half of a block gives radii, the second half
  /// angles.
  private static func transform(_ values: inout [Float], from start: Int) {
    for index in start..<start + block / 2 {
      let radius = (-2 * log(Double(1 - values[index]))).squareRoot()
      let angle = 2 * Double.pi * Double(values[index + block / 2])
      values[index] = Float(radius * cos(angle))
      values[index + block / 2] = Float(radius * sin(angle))
    }
  }
}

/// The 32-bit Mersenne Twister, MT19937.
/// - Note: Matsumoto & Nishimura, *ACM Transactions on Modeling and Computer Simulation* 8(1), 1998.
struct MersenneTwister {
  private static let count = 624
  private static let middle = 397
  private var state: [UInt32]
  private var index = MersenneTwister.count

  init(seed: UInt32) {
    state = [seed]
    state.reserveCapacity(Self.count)
    for position in 1..<Self.count {
      let previous = state[position - 1]
      state.append(1_812_433_253 &* (previous ^ (previous >> 30)) &+ UInt32(position))
    }
  }

  /// Returns the next 24 bits as a fraction in `0..<1`.
  mutating func uniform() -> Float {
    Float(next() & 0xFF_FFFF) * 0x1p-24
  }

  /// Returns the next 32 bits.
  mutating func next() -> UInt32 {
    if index == Self.count { twist() }
    var bits = state[index]
    index += 1
    bits ^= bits >> 11
    bits ^= (bits << 7) & 0x9D2C_5680
    bits ^= (bits << 15) & 0xEFC6_0000
    return bits ^ (bits >> 18)
  }

  private mutating func twist() {
    for position in 0..<Self.count {
      let upper = state[position] & 0x8000_0000
      let joined = upper | (state[(position + 1) % Self.count] & 0x7FFF_FFFF)
      let twisted = (joined >> 1) ^ (joined & 1 == 1 ? 0x9908_B0DF : 0)
      state[position] = state[(position + Self.middle) % Self.count] ^ twisted
    }
    index = 0
  }
}
