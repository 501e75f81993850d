import Foundation
import JSON
import LoadSupport
import TestSupport
import Text

/// The service with the model that sleeps, in a separate process, so that its memory is measured apart from
/// its clients'.
final class ServiceProcess {
  /// The first argument that makes this program such a process.
  static let command = "double"

  let target: LoadTarget
  private let process: Process
  private let input = Pipe()
  private let log: URL

  /// Starts the process and waits until it serves.
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

  /// Closes its input, on which it answers its requests and ends, and waits for that.
  func end() throws {
    try input.fileHandleForWriting.close()
    process.waitUntilExit()
    try FileManager.default.removeItem(at: log)
  }

  /// The memory of the process.
  var memory: ProcessMemory { ProcessMemory(processID: process.processIdentifier) }

  /// The values of a field in milliseconds in its log, as seconds.
  func logged(_ name: String) throws -> Latencies {
    let text = try String(contentsOf: log, encoding: .utf8)
    let values = text.split(separator: "\n").compactMap { line -> Double? in
      guard case .object(let fields)? = try? JSONValue(Array(line.utf8)),
        case .number(let value)? = fields[ByteString(name)]
      else { return nil }
      return value.double
    }
    return Latencies(values.map { $0 / 1000 })
  }

  /// Serves until standard input ends: the main function of such a process.
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
    await Blocking.run { _ = FileHandle.standardInput.readDataToEndOfFile() }
    await service.end()
  }
}
