import Foundation

/// The memory of a process, as the kernel counts it.
struct ProcessMemory: Sendable {
  let processID: Int32

  /// Bytes that it has.
  var residentBytes: Int { bytes("VmRSS:") }
  /// Bytes that it had at most.
  var peakBytes: Int { bytes("VmHWM:") }

  /// A line of the process's status, which counts in kilobytes.
  private func bytes(_ name: String) -> Int {
    let text = try? String(contentsOfFile: "/proc/\(processID)/status", encoding: .utf8)
    let line = text?.split(separator: "\n").first { $0.hasPrefix(name) }
    let words = line?.split(whereSeparator: \.isWhitespace) ?? []
    return words.count > 1 ? (Int(words[1]) ?? 0) << 10 : 0
  }
}
