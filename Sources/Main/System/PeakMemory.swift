import Foundation

/// How much memory the program has used.
enum PeakMemory {
  /// The most that was resident at one time, mapped weights included.
  static var byteCount: Int {
    var usage = rusage()
    guard unsafe getrusage(Int32(RUSAGE_SELF.rawValue), &usage) == 0 else { return 0 }
    // Linux counts in kilobytes.
    return usage.ru_maxrss * 1024
  }
}
