import Foundation
import Testing

/// The embedded model beside diffusers, where a Python with torch and diffusers is at hand.
@Suite("The embedded model")
struct EmbeddedModelTests {
  /// A Python that has torch and diffusers.
  static let python = ProcessInfo.processInfo.environment["IRIS_TORCH_PYTHON"] ?? "python3"

  static let root = URL(filePath: #filePath).deletingLastPathComponent()
    .deletingLastPathComponent().deletingLastPathComponent()

  @Test(
    "diffusers loads it and draws the same picture",
    .enabled(
      if: succeeds([python, "-c", "import torch, diffusers, transformers"]),
      "SKIPPED: no torch and diffusers; name a Python that has them in IRIS_TORCH_PYTHON"))
  func diffusers() throws {
    let (status, output) = try Self.run([
      Self.python, "-W", "ignore", Self.root.appending(path: "Tests/Reference/embedded_model.py").path,
      "--model", Self.root.appending(path: "models/iris-tiny").path,
      "--iris", IrisProgram.executable.path,
    ])
    #expect(status == 0, "\(output)")
    #expect(output.contains("largest difference"), "\(output)")
  }

  @Test("It takes at most 28 MB")
  func size() throws {
    let folder = Self.root.appending(path: "models/iris-tiny")
    let files = try #require(
      FileManager.default.enumerator(at: folder, includingPropertiesForKeys: [.fileSizeKey]))
    let sizes = try files.compactMap {
      try ($0 as? URL)?.resourceValues(forKeys: [.fileSizeKey]).fileSize
    }
    #expect(sizes.count > 5 && sizes.reduce(0, +) <= 28_000_000)
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
