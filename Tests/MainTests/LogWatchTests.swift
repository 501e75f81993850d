import Foundation
import TestSupport
import Testing

/// The watch over the logs of all services of these tests, and what the kernel may write of a service.
@Suite struct LogWatchTests {
  @Test func `a service may write no core file, also where the machine allows them`() throws {
    var limit = rlimit()
    let resource = __rlimit_resource_t(RLIMIT_CORE.rawValue)
    #expect(unsafe getrlimit(resource, &limit) == 0)
    var allowed = rlimit(rlim_cur: limit.rlim_max, rlim_max: limit.rlim_max)
    #expect(unsafe setrlimit(resource, &allowed) == 0)
    defer { unsafe _ = setrlimit(resource, &limit) }
    let program = try IrisProgram()
    let service = try RunningService(program, "--no-auth")
    defer { service.process.terminate() }
    let limits = try String(
      contentsOfFile: "/proc/\(service.process.processIdentifier)/limits", encoding: .utf8)
    let line = limits.split(separator: "\n").first { $0.hasPrefix("Max core file size") }
    let figures = line?.split(whereSeparator: \.isWhitespace).dropFirst(4).prefix(2)
    #expect(figures.map { $0.map { String($0) } } == ["0", "0"])
  }

  @Test(arguments: [
    ("esk_live_0123456789", true), ("esk_test_abcde", true), ("esk_live_38vk…", false),
    ("iris_admin_0", true), ("a red fox", true), ("\"iVBORw0KGgoAAAA", true), ("key_38vk", false),
    ("two penguins in the snow", true), ("\"a dog\"", true), ("a dogma", false),
  ])
  func `what a watched log may not have is found in it`(text: String, isFound: Bool) {
    #expect(LogWatch.findings(in: Data("x \(text) y".utf8)).isEmpty != isFound)
  }

  @Test func `the prompts of all scripts are looked for`() {
    #expect(LogWatch.prompts.count > 10, "\(LogWatch.prompts)")
  }
}
