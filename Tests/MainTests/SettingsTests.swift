import Foundation
import Main
import Rendering
import Testing

@Suite struct SettingsTests {
  static func settings(
    _ options: [String] = [], environment: [String: String] = [:], file: String? = nil
  ) throws -> Settings {
    let program = try IrisProgram()
    var options = options
    if let file {
      let path = program.directory.appending(path: "iris.json")
      try Data(file.utf8).write(to: path)
      options += ["--config", path.path]
    }
    return try Settings(
      Invocation(["serve"] + options), environment: environment,
      defaults: [.port: "8080", .auth: "true"])
  }

  @Test func `options come before the environment, that before the file, and that before defaults`()
    throws
  {
    let file = #"{"port": 1, "auth": false, "deadline": 1.5}"#
    let environment = ["IRIS_PORT": "2", "IRIS_HOST": ""]
    let all = try Self.settings(["--port", "3"], environment: environment, file: file)
    #expect(all[.port] == .init(text: "3", source: .flag("--port")))
    let two = try Self.settings(environment: environment, file: file)
    #expect(two[.port] == .init(text: "2", source: .environment("IRIS_PORT")))
    #expect(two[.host] == .init(text: "", source: .default))
    let one = try Self.settings(file: file)
    #expect(one[.port].text == "1" && one[.auth].text == "false" && one[.deadline].text == "1.5")
    #expect(try Self.settings()[.port] == .init(text: "8080", source: .default))
  }

  @Test func `a list is an array in a file, and separated by commas elsewhere`() throws {
    let file = try Self.settings(file: #"{"trusted_proxies": ["127.0.0.1", "unix"]}"#)
    #expect(file.list(.trustedProxies) == ["127.0.0.1", "unix"])
    let option = try Self.settings(["--trusted-proxies", " 127.0.0.1 ,, unix,"])
    #expect(option.list(.trustedProxies) == ["127.0.0.1", "unix"])
    #expect(try Self.settings().list(.trustedProxies).isEmpty)
  }

  @Test func `a list of models has the settings of each`() throws {
    let settings = try Self.settings(
      file:
        #"{"price": "1", "models": [{"id": "a", "path": "x"}, {"id": "b", "path": "y", "masks": true, "loras": ["ink"]}]}"#
    )
    #expect(settings.models.count == 2 && settings[.price].text == "1")
    #expect(settings.lines.contains { $0.hasSuffix("models[1].masks  true") })
    #expect(settings.lines.contains { $0.hasSuffix("models[1].loras  ink") })
  }

  @Test func `a switch says what it says`() throws {
    let settings = try Self.settings(["--no-auth", "--log-prompts", "--no-png-metadata"])
    #expect(settings[.auth].text == "false")
    #expect(settings[.logPrompts].text == "true")
    #expect(settings[.pngMetadata].text == "false")
  }

  @Test(arguments: [
    (#"{"prot": 1}"#, "did you mean `port`"), (#"{"xyzzyplugh": 1}"#, "the settings are host"),
    ("[]", "JSON object, but an array"), (#"{"port": [1]}"#, "one value, not a list"),
    ("", "JSON object: the text ends too early"), ("{'port': 1}", "at byte 1"),
    (#"{"models": {}}"#, "models must be a list"), (#"{"models": []}"#, "models must be a list"),
    (#"{"models": ["a"]}"#, "models[0] is a string"),
    (#"{"models": [{"path": "x"}]}"#, "models[0] has no id"),
    (#"{"models": [{"id": "a"}]}"#, "models[0] has no path"),
    (#"{"models": [{"id": "a", "paht": "x"}]}"#, "did you mean `path`"),
    (#"{"models": [{"id": "a", "path": "x", "port": 1}]}"#, "no setting `port`"),
    (#"{"models": [{"id": "a", "path": "x", "loras": 1}]}"#, "loras must be a list"),
    (#"{"models": [{"id": "a", "path": "x", "loras": [1]}]}"#, "loras must be a list"),
    (#"{"port": null}"#, "port is null"), (#"{"port": ["1"]}"#, "one value, not a list"),
    (#"{"trusted_proxies": ["a,b"]}"#, "texts without commas"),
    (#"{"trusted_proxies": [1]}"#, "texts without commas"),
    (#"{"POR\u0054": 1}"#, "no setting `PORT`"),
    ("{\"port\u{301}\": 1}", "no setting"),
    ("{\"" + String(repeating: "a\u{301}", count: 10_000) + "\": 1}", "…`; the settings are"),
    ("{\"data\": \"" + String(repeating: "d", count: 4097) + "\"}", "at most 4096"),
  ])
  func `a faulty file is refused, with a guess`(file: String, expected: String) {
    let error = #expect(throws: UsageError.self) { try Self.settings(file: file) }
    #expect(error?.message.contains(expected) ?? false, "\(error?.message ?? "")")
  }

  @Test func `a key that a file has twice counts as it was written last, with a warning`() throws {
    let settings = try Self.settings(file: #"{"port": 1, "deadline": 2, "p\u006frt": 3}"#)
    #expect(settings[.port].text == "3")
    #expect(settings.warnings.map(\.code) == ["repeated_key"])
    #expect(
      settings.warnings.first?.message.hasSuffix(
        "iris.json has the key `port` twice; the last one counts") == true)
    #expect(try Self.settings(file: #"{"port": 1}"#).warnings.isEmpty)
  }

  @Test func `a value is shown shortened, and without what would move a cursor`() throws {
    let program = try IrisProgram()
    let value = "\u{1B}[2J" + String(repeating: "9", count: 500)
    let outcome = try program.run("serve", "--print-config", "--port", value)
    #expect(outcome.status == 2)
    #expect(outcome.errors.contains("port is `\\u{1b}[2J999"), "\(outcome.errors)")
    #expect(outcome.errors.contains("9…`") && outcome.errors.utf8.count < 300)
  }

  @Test func `the configuration is shown with where each value came from`() throws {
    let program = try IrisProgram()
    let outcome = try program.run("serve", "--print-config", "--port", "3")
    #expect(outcome.status == 0)
    let rows = outcome.output.split(separator: "\n")
    #expect(rows.count == Setting.allCases.count)
    for (row, setting) in zip(rows, Setting.allCases) { #expect(row.hasPrefix(setting.key + " ")) }
    #expect(rows.contains { $0.hasPrefix("port ") && $0.hasSuffix(" flag --port") })
  }
}
