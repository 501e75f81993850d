import Glibc

/// Makes inputs that are nearly right: seeds, mutated and cut, the same in every run.
struct Fuzzer: RandomNumberGenerator {
  /// The inputs for each fuzz test; the environment variable `IRIS_FUZZ_RUNS` makes a long run.
  static let runs: Int = {
    guard let text = unsafe getenv("IRIS_FUZZ_RUNS") else { return 3000 }
    return unsafe Int(String(cString: text)) ?? 3000
  }()

  /// Gives up the thread now and then, for the tests beside that measure time.
  static func letOthersRun(_ run: Int) async {
    if run % 32 == 0 { await Task.yield() }
  }

  private var state: UInt64

  init(seed: UInt64) { state = seed }

  /// SplitMix64 (Steele, Lea & Flood, 2014).
  mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var bits = state
    bits = (bits ^ (bits >> 30)) &* 0xBF58_476D_1CE4_E5B9
    bits = (bits ^ (bits >> 27)) &* 0x94D0_49BB_1331_11EB
    return bits ^ (bits >> 31)
  }

  mutating func below(_ bound: Int) -> Int { Int.random(in: 0..<max(1, bound), using: &self) }

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
