import Foundation
import Testing

/// Tests of the program in a pseudo-terminal.
@Suite struct TerminalTests {
  private static let fox = [
    "generate", "a fox", "--model", RenderTests.model, "--seed", "7", "--output", "fox.png",
  ]

  /// Runs a render whose progress goes to a terminal.
  private static func watch(
    columns: UInt16, _ arguments: [String], environment: [String: String] = ["TERM": "xterm"],
    meanwhile: (PseudoTerminal) -> Void = { _ in }
  ) throws -> PseudoTerminal {
    let program = try IrisProgram()
    let terminal = try PseudoTerminal(columns: columns)
    let process = try program.start(
      arguments, output: FileHandle.nullDevice, errors: terminal.slave, environment: environment)
    meanwhile(terminal)
    #expect(terminal.read(toEndOf: process))
    #expect(process.terminationStatus == 0, "\(terminal.text)")
    return terminal
  }

  @Test(arguments: [20, 40, 64, 200] as [UInt16], [[:], ["NO_COLOR": "1"]])
  func `the bar keeps to one line, whatever the width`(columns: UInt16, more: [String: String])
    throws
  {
    let terminal = try Self.watch(
      columns: columns, Self.fox + ["--size", "256x256", "--steps", "3"],
      environment: ["TERM": "xterm"].merging(more) { $1 })
    #expect(terminal.frames.count > 6)
    #expect(terminal.frames.allSatisfy { $0.unicodeScalars.count < columns }, "\(terminal.frames)")
    #expect(!terminal.text.contains("\n"))
    #expect(terminal.text.contains("█") && terminal.text.contains("3/3"))
    // It clears the line, and paints nothing.
    #expect(
      terminal.text.components(separatedBy: "\u{1B}[").dropFirst().allSatisfy { $0.hasPrefix("K") })
    #expect(terminal.frames.last == "")
  }

  @Test func `the bar follows a window that is resized`() throws {
    var (before, between) = (0, 0)
    // As many as take seconds, since this may be read late.
    let terminal = try Self.watch(
      columns: 200, Self.fox + ["--size", "640x640", "--steps", "50"]
    ) { terminal in
      #expect(terminal.read { terminal.text.contains("step 3/50") })
      terminal.resize(columns: 30)
      before = terminal.frames.count
      #expect(terminal.read { terminal.frames.count > before + 8 })
      terminal.resize(columns: 120)
      between = terminal.frames.count
    }
    let frames = terminal.frames
    #expect(frames[..<before].contains { $0.unicodeScalars.count > 30 })
    // Output that was on its way when the window changed may be in the old width.
    try #require(between > before + 4 && frames.count > between + 4)
    #expect(frames[(before + 4)..<between].allSatisfy { $0.unicodeScalars.count < 30 })
    #expect(frames[(between + 4)...].contains { $0.unicodeScalars.count > 30 })
  }

  @Test(arguments: ["dumb", "unknown", ""])
  func `where the cursor does not move, progress is lines`(type: String) throws {
    let terminal = try Self.watch(
      columns: 40, Self.fox + ["--size", "64x64"], environment: ["TERM": type])
    #expect(!terminal.text.contains("\u{1B}") && !terminal.text.contains("█"))
    #expect(terminal.text.contains("iris: decoding\r\n"))
  }

  /// Runs `--show` in a terminal that is the program's own.
  private static func show(
    _ environment: [String: String], answer: String?
  ) throws -> (text: String, status: Int32) {
    let program = try IrisProgram()
    let terminal = try PseudoTerminal(columns: 80)
    let process = Process()
    process.executableURL = URL(filePath: "/usr/bin/setsid")
    process.arguments =
      ["--ctty", "--wait", try IrisProgram.executable.path] + fox
      + ["--size", "64x64", "--quiet", "--show"]
    process.currentDirectoryURL = program.directory
    process.environment = environment.merging(["IRIS_HOME": program.directory.path]) { $1 }
    (process.standardInput, process.standardOutput) = (terminal.slave, terminal.slave)
    process.standardError = terminal.slave
    try process.run()
    if let answer {
      #expect(terminal.read { terminal.text.contains("\u{1B}[c") || !process.isRunning })
      terminal.type(answer)
    }
    #expect(terminal.read(toEndOf: process))
    return (terminal.text, process.terminationStatus)
  }

  private static let hasSetsid = FileManager.default.isExecutableFile(atPath: "/usr/bin/setsid")

  @Test(
    .enabled(
      if: hasSetsid, "NOT TESTED: setsid of util-linux makes the terminal the program's own"),
    arguments: [
      (["TERM": "xterm-kitty"], nil, "\u{1B}_Ga=T,f=100,q=2,"),
      (["TERM": "xterm"], "\u{1B}_Gi=31;OK\u{1B}\\\u{1B}[?62;c", "\u{1B}_Ga=T,f=100,q=2,"),
      (["TERM": "xterm", "TERM_PROGRAM": "iTerm.app"], nil, "\u{1B}]1337;File=inline=1;size="),
      (["TERM": "xterm"], "\u{1B}[?62;4;22c", "\u{1B}P"),
      (["TERM": "tmux-256color", "TMUX": "x"], "\u{1B}[?62;4c", "\u{1B}P"),
    ] as [([String: String], String?, String)])
  func `--show draws in the way that the terminal understands`(
    _ environment: [String: String], answer: String?, beginning: String
  ) throws {
    let (text, status) = try Self.show(environment, answer: answer)
    #expect(status == 0, "\(text)")
    #expect(text.contains(beginning))
    #expect(text.contains("fox.png: 64x64"))
  }

  @Test(
    .enabled(
      if: hasSetsid, "NOT TESTED: setsid of util-linux makes the terminal the program's own"),
    arguments: [
      (["TERM": "xterm"], "\u{1B}[?62;22c"), (["TERM": "xterm"], nil), (["TERM": "dumb"], nil),
    ] as [([String: String], String?)])
  func `--show in a terminal without images is an error before anything is rendered`(
    _ environment: [String: String], answer: String?
  ) throws {
    let (text, status) = try Self.show(environment, answer: answer)
    #expect(status == 2 && text.contains("this terminal shows no images"), "\(text)")
    #expect(!text.contains("fox.png: 64x64"))
  }
}
