import Foundation

/// The resident memory of a process, from `/proc`.
struct ProcessMemory: Sendable {
  let processID: Int32

  /// The resident bytes now.
  var residentBytes: Int { bytes("VmRSS:") }
  /// The largest number of resident bytes so far.
  var peakBytes: Int { bytes("VmHWM:") }

  /// A line of `/proc/PID/status`, which counts in kilobytes.
  private func bytes(_ name: String) -> Int {
    let text = try? String(contentsOfFile: "/proc/\(processID)/status", encoding: .utf8)
    let line = text?.split(separator: "\n").first { $0.hasPrefix(name) }
    let words = line?.split(whereSeparator: \.isWhitespace) ?? []
    return words.count > 1 ? (Int(words[1]) ?? 0) << 10 : 0
  }
}

/// Samples the memory of a process once a second.
struct MemorySampler {
  private let task: Task<[Int], Never>

  init(_ memory: ProcessMemory) {
    task = Task {
      var bytes: [Int] = []
      while !Task.isCancelled {
        bytes.append(memory.residentBytes)
        try? await Task.sleep(for: .seconds(1))
      }
      return bytes
    }
  }

  /// Stops, and returns the megabytes after a fifth of the time, when the process is warm, in the middle,
  /// and at the end.
  func end() async -> String {
    task.cancel()
    let bytes = await task.value
    guard let last = bytes.last else { return "unknown" }
    let (early, middle) = (bytes[bytes.count / 5], bytes[bytes.count / 2])
    let ratio = (Double(last) / Double(max(1, early)) * 1000).rounded() / 1000
    return "\(early >> 20), \(middle >> 20), \(last >> 20) MB (ratio \(ratio))"
  }
}
