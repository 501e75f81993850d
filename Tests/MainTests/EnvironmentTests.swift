import Foundation
import Main
import Rendering
import Testing

@Suite struct EnvironmentTests {
  static func messages(_ environment: [String: String]) -> [String] {
    EnvironmentCheck.warnings(environment).map(\.message)
  }

  @Test func `a variable that is no setting's is named, with the one it was meant to be`() throws {
    let messages = Self.messages(["IRIS_THREDS": "2", "IRIS_FROBNICATE": "1", "PATH": "/bin"])
    try #require(messages.count == 2)
    #expect(messages[0].contains("IRIS_FROBNICATE") && !messages[0].contains("did you mean"))
    #expect(
      messages[1].contains("IRIS_THREDS") && messages[1].contains("did you mean IRIS_THREADS?"))
    #expect(Self.messages(["IRIS_ISA": "avx-512"]).first?.contains("avx512") == true)
  }

  @Test(arguments: [
    "IRIS_THREADS", "IRIS_LOG_FORMAT", "IRIS_CONFIG", "IRIS_HOME", "IRIS_KEY", "IRIS_TEST_PYTHON",
    "IRIS_SERVICE_HOST", "IRIS_SERVICE_PORT", "IRIS_SERVICE_PORT_HTTP", "IRIS_PORT_8080_TCP",
    "IRIS_PORT_8080_TCP_ADDR", "iris_threds", "IRISTHREDS",
  ])
  func `known variables, empty ones and those of orchestrators are not`(name: String) {
    #expect(Self.messages([name: "1"]).isEmpty)
    #expect(Self.messages(["IRIS_THREDS": ""]).isEmpty)
  }

  @Test func `an empty instruction set is the best that there is`() throws {
    func instructionSet(_ environment: [String: String]) throws -> String {
      let program = try IrisProgram()
      let outcome = try program.run(
        ["bench", "--size", "64x64", "--steps", "1", "--runs", "1", "--json", "-q"],
        environment: environment)
      let object = try #require(
        try JSONSerialization.jsonObject(with: Data(outcome.output.utf8)) as? [String: Any])
      return try #require(object["instruction_set"] as? String)
    }
    #expect(try instructionSet(["IRIS_ISA": ""]) == instructionSet(["IRIS_ISA": "avx512"]))
    #expect(try instructionSet(["IRIS_ISA": "portable"]) == "portable")
  }

  @Test(arguments: [["version"], ["generate", "a", "--help"], ["help"]])
  func `every command says so`(arguments: [String]) throws {
    let program = try IrisProgram()
    let outcome = try program.run(arguments, environment: ["IRIS_THREDS": "2"])
    #expect(outcome.status == 0 && outcome.errorLines.count == 1)
    #expect(outcome.errors.hasPrefix("warning: the variable IRIS_THREDS has no effect"))
  }

  @Test func `a service says so in its log, and what the socket makes idle`() throws {
    let program = try IrisProgram()
    let outcome = try program.run(
      ["serve", "--print-config", "--socket", "s"],
      environment: ["IRIS_THREDS": "2", "IRIS_PORT": "9"])
    #expect(outcome.status == 0 && outcome.errorLines.count == 2)
    #expect(outcome.errors.contains("port (environment IRIS_PORT) has no effect"))
    let tcp = try program.run(["serve", "--print-config", "--socket-mode", "660"])
    #expect(tcp.errors.contains("socket_mode (flag --socket-mode) has no effect"))
    let keyless = try program.run(["serve", "--print-config", "--no-auth", "--data", "d"])
    #expect(keyless.errors.contains("data (flag --data) has no effect: no keys are asked for"))
    #expect(try program.run(["serve", "--print-config", "--data", "d"]).errors.isEmpty)
    #expect(try program.run(["serve", "--print-config"]).errors.isEmpty)
    let running = try RunningService(program, ["--no-auth"], environment: ["IRIS_THREDS": "2"])
    #expect(try running.log.contains("iris: warning: the variable IRIS_THREDS has no effect"))
    running.signal(SIGTERM)
    running.process.waitUntilExit()
  }
}
