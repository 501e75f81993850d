import Glibc

/// The noise levels that a render passes through, from pure noise to none.
public struct Schedule: Sendable, Equatable {
  /// One denoising step.
  public struct Step: Sendable, Equatable {
    /// The transformer's input: the noise level as a fraction of the training's 1000 timesteps,
    /// rounded through them as the reference does (spec §7.4).
    public let timestep: Float
    /// The level the latents have before the step; 1 is pure noise.
    public let sigma: Float
    /// The level they have after it.
    public let nextSigma: Float
  }

  /// Timesteps of the training.
  private static let timestepCount: Float = 1000

  /// Noise levels, descending, with a final 0: one more than there are steps.
  public let sigmas: [Float]
  /// The levels on the training's scale of 0…1000, one for each step.
  public var timesteps: [Float] { sigmas.dropLast().map { $0 * Self.timestepCount } }
  /// The steps, in order.
  public var steps: [Step] {
    zip(timesteps, zip(sigmas, sigmas.dropFirst())).map {
      Step(timestep: $0 / Self.timestepCount, sigma: $1.0, nextSigma: $1.1)
    }
  }

  /// Spaces the levels of a render (spec §7.1–7.3).
  /// - Parameters:
  ///   - stepCount: Denoising steps, at least 1.
  ///   - tokenCount: Tokens of the image to be made. References and text do not count.
  ///   - configuration: The shift of evenly spaced levels.
  public init(
    stepCount: Int, tokenCount: Int, configuration: SchedulerConfiguration = .init()
  ) {
    precondition(stepCount > 0 && tokenCount > 0, "\(stepCount) steps for \(tokenCount) tokens")
    let even = Self.evenlySpaced(stepCount)
    let mu = Self.empiricalMu(stepCount: stepCount, tokenCount: tokenCount)
    let shifted =
      switch configuration.shift {
      case .exponential: Self.shift(even, by: Float(exp(mu)))
      case .linear: Self.shift(even, by: Float(mu))
      case .fixed(let shift): even.map { shift * $0 / (1 + (shift - 1) * $0) }
      }
    sigmas = shifted + [0]
  }

  private init(sigmas: [Float]) {
    self.sigmas = sigmas
  }

  /// Returns the rest of the schedule for a render that starts from an image instead of noise (spec §9.6).
  /// - Parameter strength: 1 keeps every step, 0 none.
  public func remaining(strength: Double) -> Schedule {
    let count = sigmas.count - 1
    let remaining = Self.remainingCount(of: count, strength: strength)
    return Schedule(sigmas: Array(sigmas.dropFirst(count - remaining)))
  }

  /// The number of steps that remain of a schedule (spec §9.6).
  static func remainingCount(of stepCount: Int, strength: Double) -> Int {
    let count = Double(stepCount)
    return stepCount - Int(max(count - min(count * strength, count), 0))
  }

  /// `linspace(1, 1/N, N)`: products in double precision, the last level exact.
  private static func evenlySpaced(_ count: Int) -> [Float] {
    guard count > 1 else { return [1] }
    let last = 1 / Double(count)
    let step = (last - 1) / Double(count - 1)
    return (0..<count - 1).map { Float(Double($0) * step + 1) } + [Float(last)]
  }

  private static func shift(_ levels: [Float], by amount: Float) -> [Float] {
    levels.map { amount / (amount + (1 / $0 - 1)) }
  }

  /// The shift's logarithm, fitted to image size and number of steps by the model's makers (spec §7.2).
  ///
  /// The jump at 4300 tokens, above which the number of steps no longer counts, is theirs.
  package static func empiricalMu(stepCount: Int, tokenCount: Int) -> Double {
    let tokens = Double(tokenCount)
    let at200Steps = 0.00016927 * tokens + 0.45666666
    guard tokenCount <= 4300 else { return at200Steps }
    let at10Steps = 8.73809524e-05 * tokens + 1.89833333
    let slope = (at200Steps - at10Steps) / 190
    return slope * Double(stepCount) + (at200Steps - 200 * slope)
  }
}
