import Hashing
import Measurement

/// Measures SHA-256 over the pixels of five references of 5 megapixels, over a file of one megabyte, and over
/// a prompt.
///
/// `bench hashing`: bytes a second at each size, and microseconds for each hash.
struct HashingBenchmark {
  private static let sizes = [75_000_000, 1_000_000, 200]

  func run() {
    for size in Self.sizes {
      let bytes = (0..<size).map { UInt8(truncatingIfNeeded: $0 &* 31) }
      let repeats = max(1_000_000 / size, 1)
      let samples = Samples { for _ in 0..<repeats { _ = SHA256.hash(bytes) } }
      let seconds = samples.median / Double(repeats)
      print(
        "\(size) bytes: \((Double(size) / seconds / 1e6).rounded()) MB/s, "
          + "\((seconds * 1e8).rounded() / 100) µs")
    }
  }
}
