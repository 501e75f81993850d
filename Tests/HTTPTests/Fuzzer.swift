import TestSupport

/// Makes inputs that are nearly right: seeds, mutated and cut, the same in every run.
struct Fuzzer: RandomNumberGenerator {
  /// The inputs for each fuzz test.
  static let runs = FuzzRuns.count

  /// Gives up the thread now and then, for the tests beside that measure time.
  static func letOthersRun(_ run: Int) async {
    if run % 32 == 0 { await Task.yield() }
  }

  private var generator: SeededGenerator

  init(seed: UInt64) { generator = SeededGenerator(seed: seed) }

  mutating func next() -> UInt64 { generator.next() }

  mutating func below(_ bound: Int) -> Int { generator.below(bound) }

  /// One of the seeds with up to four mutations.
  mutating func mutate(_ seeds: [[UInt8]], with fragments: [String]) -> [UInt8] {
    var bytes = seeds[below(seeds.count)]
    for _ in 0..<below(5) {
      let start = below(bytes.count)
      let end = min(bytes.count, start + below(12))
      switch below(6) {
      case 0: bytes.replaceSubrange(start..<end, with: [])
      case 1: bytes.insert(UInt8(truncatingIfNeeded: next()), at: start)
      case 2: bytes.insert(contentsOf: fragments[below(fragments.count)].utf8, at: start)
      case 3: bytes.insert(contentsOf: bytes[start..<end], at: below(bytes.count))
      case 4 where start < bytes.count: bytes[start] ^= 1 << UInt8(below(8))
      default: bytes = Array(bytes[..<end]) + seeds[below(seeds.count)].suffix(below(60))
      }
    }
    return bytes
  }

  /// The bytes in up to eight pieces, cut anywhere.
  mutating func cut(_ bytes: [UInt8]) -> [ArraySlice<UInt8>] {
    let cuts = (0..<below(8)).map { _ in below(bytes.count) }.sorted() + [bytes.count]
    return zip([0] + cuts, cuts).map { bytes[$0..<$1] }
  }
}

/// Feeds bytes to a parser in two pieces, cut at every place, and one byte at a time.
enum SplitPoints {
  /// The ways to cut bytes into pieces, the uncut one first.
  static func cuts(_ bytes: [UInt8]) -> [[ArraySlice<UInt8>]] {
    [[bytes[...]]] + (0...bytes.count).map { [bytes[..<$0], bytes[$0...]] }
      + [bytes.indices.map { bytes[$0...$0] }]
  }
}
