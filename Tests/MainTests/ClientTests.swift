import Foundation
import Testing

/// The clients that people use, against the program as they would run it: the scripts in `Tests/SDK`.
///
/// Where a client is not installed its test is skipped, with a line that says so.
@Suite("Clients of the service")
struct ClientTests {
  /// A Python that has the openai package.
  static let python = ProcessInfo.processInfo.environment["IRIS_TEST_PYTHON"] ?? "python3"

  @Test(
    "The official openai package for Python",
    .enabled(
      if: succeeds([python, "-c", "import openai"]),
      "SKIPPED: no openai package; pip install openai, or name a Python that has it in IRIS_TEST_PYTHON"
    ))
  func openAI() async throws {
    try await Self.check([Self.python], script: "openai_sdk.py")
  }

  @Test(
    "The fetch of Node",
    .enabled(if: succeeds(["node", "-e", "fetch"]), "SKIPPED: no Node 18 or later"))
  func node() async throws {
    try await Self.check(["node"], script: "fetch.mjs")
  }

  private static func check(_ command: [String], script: String) async throws {
    let program = try IrisProgram()
    defer { program.cleanUp() }
    let service = try RunningService(program, "--queue", "8")
    defer { service.process.terminate() }
    let path = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
      .appending(path: "SDK/\(script)").path
    let token = try #require(service.lines.first)
    let (status, output) = try run(command + [path, service.address, token])
    #expect(status == 0, "\(output)")
  }

  private static func succeeds(_ command: [String]) -> Bool {
    (try? run(command))?.status == 0
  }

  private static func run(_ command: [String]) throws -> (status: Int32, output: String) {
    let process = Process()
    process.executableURL = URL(filePath: "/usr/bin/env")
    process.arguments = command
    let pipe = Pipe()
    process.standardOutput = pipe
    process.standardError = pipe
    try process.run()
    let data = pipe.fileHandleForReading.readDataToEndOfFile()
    process.waitUntilExit()
    return (process.terminationStatus, String(decoding: data, as: UTF8.self))
  }
}
