import Foundation
import Main
import TestSupport
import Testing

/// Tests of an operator's actions: signals, reloads, log rotation.
@Suite(.timeLimit(.minutes(5)))
struct OperatingTests {
  @Test(arguments: [SIGHUP, SIGUSR1])
  func `the log is opened again when it was moved away, at either signal`(signal: Int32)
    async throws
  {
    let program = try IrisProgram()
    let service = try RunningService(program, "--no-auth", "--log-file", "iris.log")
    defer { service.process.terminate() }
    let (log, moved) = (
      program.directory.appending(path: "iris.log"), program.directory.appending(path: "iris.log.1")
    )
    #expect(try await service.get(service.address + "/healthz").status == 200)
    #expect(
      try await eventually { try String(contentsOf: log, encoding: .utf8).contains("/healthz") })
    #expect(try service.log.isEmpty)
    try FileManager.default.moveItem(at: log, to: moved)
    service.signal(signal)
    #expect(try await eventually { FileManager.default.fileExists(atPath: log.path) })
    #expect(try await service.get(service.address + "/readyz").status == 200)
    #expect(
      try await eventually { try String(contentsOf: log, encoding: .utf8).contains("/readyz") })
    #expect(try !String(contentsOf: moved, encoding: .utf8).contains("/readyz"))
    let mode = try FileManager.default.attributesOfItem(atPath: log.path)[.posixPermissions]
    #expect((mode as? Int).map { $0 & 0o7 } == 0)
  }

  @Test func `a log that cannot be opened is an error at the start, and keeps the old one later`()
    async throws
  {
    let program = try IrisProgram()
    let outcome = try program.run(
      "serve", "--no-auth", "--port", "0", "--metrics-port", "0", "--model", RunningService.model,
      "--log-file", "absent/iris.log")
    #expect(outcome.status == 1)
    #expect(outcome.errors.contains("absent/iris.log cannot be opened: No such file"))
    let folder = program.directory.appending(path: "logs")
    let moved = program.directory.appending(path: "moved")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: false)
    let service = try RunningService(program, "--no-auth", "--log-file", "logs/iris.log")
    defer { service.process.terminate() }
    try FileManager.default.moveItem(at: folder, to: moved)
    service.signal(SIGHUP)
    let log = moved.appending(path: "iris.log")
    #expect(
      try await eventually {
        try String(contentsOf: log, encoding: .utf8).contains("cannot be opened")
      })
    #expect(try await service.get(service.address + "/healthz").status == 200)
  }

  @Test func `a log that is a link of the service's own user is followed`() async throws {
    let program = try IrisProgram()
    let target = program.directory.appending(path: "target")
    let link = program.directory.appending(path: "iris.log").path
    try FileManager.default.createSymbolicLink(atPath: link, withDestinationPath: "target")
    let service = try RunningService(program, "--no-auth", "--log-file", "iris.log")
    #expect(try await service.get(service.address + "/healthz").status == 200)
    #expect(
      try await eventually { try String(contentsOf: target, encoding: .utf8).contains("/healthz") })
    service.process.terminate()
  }

  @Test(.enabled(if: geteuid() == 0, "NOT TESTED: only root can give a link to somebody else"))
  func `a log that another user made a link is not followed`() throws {
    let program = try IrisProgram()
    let target = program.directory.appending(path: "target")
    try Data("kept".utf8).write(to: target)
    let link = program.directory.appending(path: "iris.log").path
    try FileManager.default.createSymbolicLink(atPath: link, withDestinationPath: "target")
    let before = try Data(contentsOf: target)
    #expect(unsafe lchown(link, 1234, 1234) == 0)
    let outcome = try program.run(
      "serve", "--no-auth", "--port", "0", "--metrics-port", "0", "--model", RunningService.model,
      "--log-file", "iris.log")
    #expect(outcome.status == 1)
    #expect(outcome.errors.contains("iris.log is a link of another user's, which is not followed"))
    #expect(try Data(contentsOf: target) == before)
  }

  @Test func `signals that mean nothing here end nothing`() async throws {
    let program = try IrisProgram()
    let service = try RunningService(program, "--no-auth")
    defer { service.process.terminate() }
    for signal in [
      SIGHUP, SIGUSR1, SIGUSR2, SIGPIPE, SIGWINCH, SIGALRM, SIGVTALRM, SIGPROF, SIGIO, SIGCHLD,
      SIGURG,
    ] {
      service.signal(signal)
      try await Task.sleep(for: .milliseconds(20))
      #expect(service.process.isRunning, "signal \(signal)")
    }
    #expect(try await service.get(service.address + "/readyz").status == 200)
    service.signal(SIGTERM)
    service.process.waitUntilExit()
    #expect(service.process.terminationReason == .exit && service.process.terminationStatus == 0)
  }

  @Test(arguments: [SIGSEGV, SIGABRT])
  func `a fault ends the service, so that it can be started again`(signal: Int32) async throws {
    let service = try RunningService(IrisProgram(), "--no-auth")
    service.signal(signal)
    let hasEnded = try await eventually { !service.process.isRunning }
    if !hasEnded { service.signal(SIGKILL) }
    service.process.waitUntilExit()
    #expect(service.process.terminationReason == .uncaughtSignal)
    #expect(service.process.terminationStatus == signal)
  }

  /// True if a pseudo-terminal can be opened; some sandboxes have none.
  private static var hasTerminals: Bool {
    (try? ProgramRun.run(["script", "-qec", "true", "/dev/null"]))?.status == 0
  }

  @Test(.enabled(if: hasTerminals, "NOT TESTED: there is no pseudo-terminal"))
  func `a terminal that is closed ends what was started in it, as a request to terminate does`()
    async throws
  {
    let program = try IrisProgram()
    let log = program.directory.appending(path: "iris.log")
    let iris = try IrisProgram.executable.path
    // Runs its command on a terminal of its own, which is gone when it is.
    let terminal = Process()
    terminal.executableURL = URL(filePath: "/usr/bin/script")
    terminal.arguments = [
      "-qec",
      "exec \(iris) serve --no-auth --port 0 --metrics-port 0 --model \(RunningService.model) "
        + "--log-file \(log.path) --drain-wait 0", "/dev/null",
    ]
    terminal.currentDirectoryURL = program.directory
    terminal.standardInput = Pipe()
    terminal.standardOutput = FileHandle.nullDevice
    try terminal.run()
    func text() throws -> String { try String(contentsOf: log, encoding: .utf8) }
    #expect(try await eventually { FileManager.default.fileExists(atPath: log.path) })
    #expect(try await eventually { try text().contains("/metrics") })
    kill(terminal.processIdentifier, SIGKILL)
    #expect(try await eventually { try text().contains("every accepted request was answered") })
  }

  @Test(arguments: [true, false])
  func `systemd is told of readiness, life, reloading and the end`(isAbstract: Bool) async throws {
    let program = try IrisProgram()
    let socket = NotifySocket(
      isAbstract ? "@iris-\(UUID().uuidString)" : program.directory.appending(path: "notify").path)
    defer { if !isAbstract { try? FileManager.default.removeItem(atPath: socket.name) } }
    let service = try RunningService(
      program, ["--no-auth", "--drain-wait", "0"],
      environment: ["NOTIFY_SOCKET": socket.name, "WATCHDOG_USEC": "300000"])
    let start = socket.messages(upTo: "READY=1")
    #expect(start.first == "STATUS=loading the model")
    #expect(start.last?.contains("\nSTATUS=") == true)
    #expect(try await service.get(service.address + "/readyz").status == 200)
    for _ in 0..<5 { #expect(socket.next() == "WATCHDOG=1") }
    service.signal(SIGHUP)
    let reload = socket.messages(upTo: "READY=1").filter { $0 != "WATCHDOG=1" }
    #expect(reload.count == 2)
    #expect(reload.first?.contains("RELOADING=1\nMONOTONIC_USEC=") == true)
    service.signal(SIGTERM)
    #expect(socket.messages(upTo: "STOPPING=1").last?.isEmpty == false)
    service.process.waitUntilExit()
    #expect(service.process.terminationStatus == 0)
  }

  @Test func `an event loop that stands still gives no sign of life`() throws {
    let socket = NotifySocket("@iris-" + UUID().uuidString)
    let notifier = try #require(
      SystemdNotifier(environment: ["NOTIFY_SOCKET": socket.name, "WATCHDOG_USEC": "60000"]))
    let asked = DispatchSemaphore(value: 0)
    notifier.startWatchdog { _ in asked.signal() }
    #expect(asked.wait(timeout: .now() + 10) == .success)
    Thread.sleep(forTimeInterval: 0.5)
    notifier.notifyStatus("still here")
    #expect(socket.next() == "STATUS=still here")
    #expect(asked.wait(timeout: .now()) == .timedOut, "it asks again before it was answered")
  }

  @Test func `no sign of life is given where none is asked for, or of another process`()
    async throws
  {
    for environment in [[:], ["WATCHDOG_USEC": "100000", "WATCHDOG_PID": "1"]] {
      let program = try IrisProgram()
      let socket = NotifySocket("@iris-" + UUID().uuidString)
      let service = try RunningService(
        program, ["--no-auth", "--drain-wait", "0"],
        environment: environment.merging(["NOTIFY_SOCKET": socket.name]) { $1 })
      try await Task.sleep(for: .milliseconds(500))
      service.signal(SIGTERM)
      let all = socket.messages(upTo: "STOPPING=1")
      #expect(!all.contains("WATCHDOG=1") && all.last?.isEmpty == false)
      service.process.waitUntilExit()
    }
  }

  @Test(arguments: [(nil, 0o600), ("0660", 0o660), ("777", 0o777)])
  func `a unix socket lets in whom its mode says`(mode: String?, expected: Int) throws {
    let program = try IrisProgram()
    let path = program.directory.appending(path: "socket").path
    let output = Pipe()
    let process = try program.start(
      [
        "serve", "--no-auth", "--metrics-port", "0", "--model", RunningService.model, "--socket",
        path,
      ] + (mode.map { ["--socket-mode", $0] } ?? []), output: output)
    defer { process.terminate() }
    let line = String(decoding: output.fileHandleForReading.availableData, as: UTF8.self)
    #expect(line == "unix:\(path)\n")
    let found = try FileManager.default.attributesOfItem(atPath: path)[.posixPermissions]
    #expect(found as? Int == expected)
  }

  @Test(arguments: [
    (["--socket-mode", "0888"], "an octal mode from 00 to 0777"),
    (["--socket-mode", "1777"], "an octal mode"), (["--socket-mode", "-1"], "an octal mode"),
    (["--trusted-proxies", "10.0.0.1/8"], "addresses, blocks"),
    (["--trusted-proxies", "127.0.0.1,proxy.example"], "addresses, blocks"),
    (["--cors-origins", "app.example"], "a list of origins"),
    (["--cors-origins", "https://app.example/"], "a list of origins"),
    (["--allowed-hosts", "http://app.example"], "a list of hosts"),
    (["--connections-per-address", "-1"], "a whole number from 0 to 4000"),
  ])
  func `settings for operators say what they allow`(options: [String], expected: String) throws {
    let program = try IrisProgram()
    let outcome = try program.run(["serve", "--print-config"] + options)
    #expect(outcome.status == 2)
    #expect(outcome.errors.contains(expected), "\(outcome.errors)")
  }
}
