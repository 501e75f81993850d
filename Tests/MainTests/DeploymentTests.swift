import Foundation
import Main
import TestSupport
import Testing

/// The files of `Deployment`, which `Documentation/serving.md` leads to.
@Suite struct DeploymentTests {
  private static let folder = Repository.root.appending(path: "Deployment")

  private func text(_ name: String) throws -> String {
    try String(contentsOf: Self.folder.appending(path: name), encoding: .utf8)
  }

  /// The number behind a word, in the first line that begins with it.
  private func number(_ word: String, in name: String) throws -> Int {
    let line = try #require(
      try text(name).split(separator: "\n")
        .first { $0.drop { $0 == " " }.hasPrefix(word) })
    return try #require(Int(line.filter(\.isNumber)))
  }

  private static let systemd = "/usr/bin/systemd-analyze"
  private static let prometheus = "/usr/bin/promtool"

  private static func hasTool(_ path: String) -> Bool {
    FileManager.default.isExecutableFile(atPath: path)
  }

  @Test func `the configuration is understood`() throws {
    let program = try IrisProgram()
    let file = Self.folder.appending(path: "iris.json").path
    let outcome = try program.run("serve", "--config", file, "--print-config")
    #expect(outcome.status == 0, "\(outcome.errors)")
    for value in ["/run/iris/iris.sock", "0660", "/var/log/iris/iris.log"] {
      #expect(outcome.output.contains(value))
    }
  }

  @Test func `unit and proxy wait longer than a render may take`() throws {
    let deadline = try #require(Setting.deadline.fixedDefault.flatMap { Int($0) })
    #expect(try number("TimeoutStopSec", in: "iris.service") > deadline)
    #expect(try number("proxy_read_timeout", in: "nginx.conf") > deadline)
    #expect(try number("keepalive_timeout", in: "nginx.conf") < 60)
    #expect(try number("client_max_body_size", in: "nginx.conf") >= 50)
  }

  @Test func `the proxy listens in both versions of IP`() throws {
    let places = try text("nginx.conf").split(separator: "\n")
      .map { $0.drop { $0 == " " } }.filter { $0.hasPrefix("listen ") }.map { $0.dropFirst(7) }
    let (inSix, inFour) = (
      places.filter { $0.hasPrefix("[::]:") }, places.filter { $0.first != "[" }
    )
    #expect(inFour.count == 2)
    #expect(Set(inSix.map { $0.dropFirst(5) }) == Set(inFour))
  }

  @Test(
    .enabled(
      if: hasTool(systemd), "NOT TESTED: there is no /usr/bin/systemd-analyze (package systemd)")
  )
  func `systemd finds the unit well confined`() throws {
    let file = Self.folder.appending(path: "iris.service").path
    let found = try ProgramRun.run([
      Self.systemd, "security", "--offline=yes", "--threshold=25", file,
    ])
    #expect(found.status == 0, "\(found.output)")
    #expect(found.output.contains("Overall exposure level"), "\(found.output)")
  }

  @Test(
    .enabled(
      if: hasTool(prometheus), "NOT TESTED: there is no /usr/bin/promtool (package prometheus)")
  )
  func `Prometheus' own tool finds nothing wrong with the metrics`() async throws {
    let program = try IrisProgram()
    let service = try RunningService(program, "--no-auth")
    defer { service.process.terminate() }
    #expect(try await service.render(token: nil).status == 200)
    let text = try await service.get(try await service.metricsURL()).body
    #expect(text.contains("iris_key_requests_total{key=\"anonymous\",code=\"200\"} 1"))
    let file = program.directory.appending(path: "metrics")
    try Data(text.utf8).write(to: file)
    let found = try ProgramRun.run([Self.prometheus, "check", "metrics"], input: file)
    #expect(found.status == 0 && found.output.isEmpty, "\(found.output)")
  }
}
