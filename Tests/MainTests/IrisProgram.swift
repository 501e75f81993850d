import Foundation
import TestSupport
import Testing

/// The program as it was built, run like a user runs it.
struct IrisProgram {
  /// The outcome of a run.
  struct Outcome {
    let status: Int32
    let output: String
    let errors: String

    /// The lines on standard error.
    var errorLines: [String] { errors.split(separator: "\n").map { String($0) } }
  }

  /// A directory of its own, in which the program runs.
  var directory: URL { folder.url }
  private let folder: TemporaryFolder

  init() throws { folder = try TemporaryFolder() }

  /// The names of the files in the directory, hidden ones too.
  var files: [String] {
    get throws { try FileManager.default.contentsOfDirectory(atPath: directory.path).sorted() }
  }

  /// The executable, beside the one that runs the tests.
  static var executable: URL {
    get throws {
      let url = URL(filePath: "/proc/self/exe").resolvingSymlinksInPath()
        .deletingLastPathComponent().appending(path: "iris")
      try #require(
        FileManager.default.isExecutableFile(atPath: url.path),
        "no \(url.path): build the product `iris` before its tests")
      return url
    }
  }

  /// Starts the program without waiting for it.
  /// - Parameter launcher: A command that becomes the one given behind it.
  func start(
    _ arguments: [String], output: Any = Pipe(), errors: Any = Pipe(), launcher: [String] = [],
    environment more: [String: String] = [:]
  ) throws -> Process {
    let process = Process()
    let command = launcher + [try Self.executable.path] + arguments
    process.executableURL = URL(filePath: command[0])
    process.arguments = Array(command.dropFirst())
    process.currentDirectoryURL = directory
    process.standardInput = FileHandle.nullDevice
    process.standardOutput = output
    process.standardError = errors
    var environment = ProcessInfo.processInfo.environment
    environment["IRIS_HOME"] = directory.path
    process.environment = environment.merging(more) { $1 }
    try process.run()
    return process
  }

  /// Runs the program to its end.
  func run(_ arguments: String...) throws -> Outcome { try run(arguments) }

  /// Runs the program to its end.
  func run(
    _ arguments: [String], environment: [String: String] = [:]
  ) throws -> Outcome {
    let streams = [directory.appending(path: ".out"), directory.appending(path: ".err")]
    defer { for stream in streams { try? FileManager.default.removeItem(at: stream) } }
    // Files, unlike pipes, never fill up.
    let handles = try streams.map { url in
      try Data().write(to: url)
      return try FileHandle(forWritingTo: url)
    }
    let process = try start(
      arguments, output: handles[0], errors: handles[1], environment: environment)
    process.waitUntilExit()
    return Outcome(
      status: process.terminationStatus,
      output: try String(contentsOf: streams[0], encoding: .utf8),
      errors: try String(contentsOf: streams[1], encoding: .utf8))
  }
}
