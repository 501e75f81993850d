import Glibc

/// The length of the fuzz tests.
public enum FuzzRuns {
  /// The inputs for each fuzz test; the environment variable `IRIS_FUZZ_RUNS` makes a long run.
  public static let count: Int = {
    guard let text = unsafe getenv("IRIS_FUZZ_RUNS") else { return 3000 }
    return unsafe Int(String(cString: text)) ?? 3000
  }()
}
