import Foundation

/// The kernel's account of this process.
enum ProcessUsage {
  /// The most memory the process ever held at once, in bytes.
  static func peakByteCount() throws -> Int {
    let status = try String(contentsOfFile: "/proc/self/status", encoding: .utf8)
    let fields = status.split(separator: "\n").first { $0.hasPrefix("VmHWM:") }?
      .split(whereSeparator: \.isWhitespace)
    guard let fields, fields.count == 3, let kilobytes = Int(fields[1]) else {
      throw CocoaError(.fileReadCorruptFile)
    }
    return kilobytes * 1024
  }

  /// Runs work three times and returns the least processor time its thread took: unlike the wall
  /// clock it does not measure what else the machine is doing.
  static func leastProcessorTime(_ work: () -> Void) -> Duration {
    (0..<3).map { _ in
      let start = threadTime()
      work()
      return threadTime() - start
    }.min() ?? .zero
  }

  private static func threadTime() -> Duration {
    var time = timespec()
    unsafe clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time)
    return .seconds(time.tv_sec) + .nanoseconds(time.tv_nsec)
  }
}
