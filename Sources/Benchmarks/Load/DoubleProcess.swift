import Foundation
import LoadSupport

/// The service with the model that sleeps, in a process of its own, so that its memory can be told
/// from that of its clients.
final class DoubleProcess {
  /// The word by which this program is told to be such a process.
  static let command = "double"

  let target: LoadTarget
  private let process: Process
  private let input = Pipe()
  private let log: URL

  /// Starts it and waits until it serves.
  init(_ options: SleepingService.Options) throws {
    log = FileManager.default.temporaryDirectory.appending(path: "iris-load-\(UUID().uuidString)")
    try Data().write(to: log)
    process = Process()
    process.executableURL = URL(filePath: "/proc/self/exe").resolvingSymlinksInPath()
    process.arguments =
      [Self.command] + [options.slots, options.capacity, options.imageSide].map { "\($0)" }
      + ["\(options.stepSeconds)"]
    process.standardInput = input
    process.standardError = try FileHandle(forWritingTo: log)
    let output = Pipe()
    process.standardOutput = output
    try process.run()
    let line = String(decoding: output.fileHandleForReading.availableData, as: UTF8.self)
    let words = line.split(whereSeparator: \.isWhitespace)
    guard words.count == 2, let port = UInt16(words[0]) else { throw CocoaError(.fileReadUnknown) }
    target = LoadTarget(port: port, token: String(words[1]))
  }

  /// Lets it answer everyone and end.
  func end() throws {
    try input.fileHandleForWriting.close()
    process.waitUntilExit()
    try FileManager.default.removeItem(at: log)
  }

  /// The memory that it takes.
  var memory: ProcessMemory { ProcessMemory(processID: process.processIdentifier) }

  /// The milliseconds of some name in the lines of its log, as seconds.
  func logged(_ name: String) throws -> Latencies {
    let text = try String(contentsOf: log, encoding: .utf8)
    let values = text.split(separator: "\n").compactMap { line -> Double? in
      guard let start = line.range(of: "\"\(name)\":")?.upperBound else { return nil }
      return Double(line[start...].prefix { $0.isNumber || $0 == "." })
    }
    return Latencies(values.map { $0 / 1000 })
  }

  /// What such a process does: serves until its input ends.
  static func serve(_ arguments: ArraySlice<String>) async throws {
    signal(SIGPIPE, SIG_IGN)
    var options = SleepingService.Options()
    let values = arguments.compactMap { Double($0) }
    guard values.count == 4 else { throw CocoaError(.formatting) }
    options.slots = Int(values[0])
    options.capacity = Int(values[1])
    options.imageSide = Int(values[2])
    options.stepSeconds = values[3]
    let service = try SleepingService(options) { line in
      try? FileHandle.standardError.write(contentsOf: Data((line + "\n").utf8))
    }
    try FileHandle.standardOutput.write(
      contentsOf: Data("\(service.target.port) \(service.target.token)\n".utf8))
    await Crowd.run { _ = FileHandle.standardInput.readDataToEndOfFile() }
    await service.end()
  }
}
