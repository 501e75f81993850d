import Foundation

/// A program on this machine that tests run beside Iris: mostly clients of the service.
///
/// `./iris test` installs what is missing; where that is not possible, the client's tests are
/// skipped and say so.
public struct ServiceClient: Sendable {
  /// Python with the packages of `Tests/SDK/requirements.txt`: the one that `IRIS_TEST_PYTHON`
  /// names, or the one that `./iris test` made.
  public static let python = ServiceClient(
    [pythonPath],
    probe: """
      -c
      import importlib.util, sys
      sys.exit(not all(importlib.util.find_spec(name) for name in ("openai", "schemathesis")))
      """)
  /// Python, where `./iris test` has put older releases of the openai package beside it.
  public static let olderPackages = ServiceClient(
    [pythonPath], probe: "\(scripts.appending(path: "pypi_clients.py").path)\n--installed")
  /// Python with Playwright and axe, and Debian's Chromium.
  public static let browser = ServiceClient(
    [pythonPath], probe: scripts.appending(path: "browser.py").path)
  /// Node with its `fetch`.
  public static let node = ServiceClient(["node"], probe: "-e\nfetch")
  /// curl, driven by Bash.
  public static let curl = ServiceClient(["bash"], probe: "-c\ncommand -v curl")
  /// Python with torch, diffusers and peft, which draw what an image should be: the one that
  /// `IRIS_TORCH_PYTHON` names.
  public static let reference = ServiceClient(
    [ProcessInfo.processInfo.environment["IRIS_TORCH_PYTHON"] ?? "python3"],
    probe: "-c\nimport torch, diffusers, transformers, peft")

  /// Why tests are skipped without it.
  public static let missing = "SKIPPED: this client is not installed; `./iris test` installs it"

  private let command: [String]
  private let probe: [String]

  /// - Parameter probe: An option and its text, a line each, that succeed if the client is usable.
  private init(_ command: [String], probe: String) {
    self.command = command
    self.probe = probe.split(separator: "\n", maxSplits: 1).map { String($0) }
  }

  /// True if the client can be run here.
  public var isInstalled: Bool { (try? ProgramRun.run(command + probe))?.status == 0 }

  /// Runs one of the scripts in `Tests/SDK`, on a thread of its own.
  /// - Parameter environment: Variables beside those of the tests.
  public func run(
    _ script: String, _ arguments: [String], environment: [String: String] = [:]
  ) async throws -> ProgramRun {
    let command = command + [Self.scripts.appending(path: script).path] + arguments
    return try await Blocking.run {
      Result { try ProgramRun.run(command, environment: environment) }
    }.get()
  }

  private static let scripts = Repository.root.appending(path: "Tests/SDK")

  private static var pythonPath: String {
    let made = Repository.root.appending(path: ".build/clients/bin/python").path
    let named = ProcessInfo.processInfo.environment["IRIS_TEST_PYTHON"]
    return named ?? (FileManager.default.isExecutableFile(atPath: made) ? made : "python3")
  }
}
