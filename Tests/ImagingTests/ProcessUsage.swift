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
}
