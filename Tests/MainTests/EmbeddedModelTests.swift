import Foundation
import TestSupport
import Testing

/// The embedded model, and beside it diffusers where a Python has it.
@Suite struct EmbeddedModelTests {
  static let model = Repository.root.appending(path: "models/iris-tiny")

  @Test(
    .enabled(
      if: ServiceClient.reference.isInstalled,
      "SKIPPED: no torch, diffusers and peft; name a Python that has them in IRIS_TORCH_PYTHON"))
  func `diffusers loads it and draws the same images`() async throws {
    let outcome = try await ServiceClient.reference.run(
      "../Reference/embedded_model.py",
      ["--model", Self.model.path, "--iris", IrisProgram.executable.path])
    #expect(outcome.status == 0, "\(outcome.output)")
    #expect(outcome.output.contains("largest difference"), "\(outcome.output)")
  }

  @Test func `it takes at most 28 MB`() throws {
    let files = try #require(
      FileManager.default.enumerator(at: Self.model, includingPropertiesForKeys: [.fileSizeKey]))
    let sizes = try files.compactMap {
      try ($0 as? URL)?.resourceValues(forKeys: [.fileSizeKey]).fileSize
    }
    #expect(sizes.count > 5 && sizes.reduce(0, +) <= 28_000_000)
  }
}
