import Rendering

/// Which images a command line asks for: a seed for each.
enum SeedList {
  private static let counts = RenderLimits.commandLine.imageCounts

  /// The seeds, in the order of the images.
  ///
  /// Several `--seed` make an image each; `--count` goes on from one. Random seeds have 32 bits, since no
  /// more count.
  static func seeds(
    _ invocation: Invocation, recipe: ImageRecipe?, in range: ClosedRange<UInt64>
  ) throws(UsageError) -> [UInt64] {
    let count = try invocation.integer(.count, in: counts)
    var given: [UInt64?] = []
    for text in invocation.values(.seed) { given.append(try invocation.seed(text, in: range)) }
    guard given.count > 1 else {
      return try sequence(
        from: given.isEmpty ? recipe?.metadata.seed : given[0], count: count ?? 1, in: range)
    }
    guard count == nil else { throw UsageError("--count and several --seed exclude each other") }
    var seeds: [UInt64] = []
    for seed in given {
      let seed = seed ?? drawn(count: 1)
      guard !seeds.contains(seed) else {
        throw UsageError("--seed \(seed) is given twice; both images would be the same")
      }
      seeds.append(seed)
    }
    guard seeds.count <= counts.upperBound else {
      throw UsageError(
        "--seed is given \(seeds.count) times; at most \(counts.upperBound) are allowed")
    }
    return seeds
  }

  private static func sequence(
    from first: UInt64?, count: Int, in range: ClosedRange<UInt64>
  ) throws(UsageError) -> [UInt64] {
    let first = first ?? drawn(count: count)
    let more = UInt64(count - 1)
    guard first <= range.upperBound, range.upperBound - first >= more else {
      throw UsageError(
        "--count \(count) from the seed \(first) goes beyond the last seed, \(range.upperBound)")
    }
    return Array(first...(first + more))
  }

  /// The first of some seeds that follow each other.
  private static func drawn(count: Int) -> UInt64 {
    UInt64(UInt32.random(in: 0...(.max - UInt32(count))))
  }
}
