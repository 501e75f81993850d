import Foundation
import TestSupport
import Testing

/// Reads the log of a service once its test is done with it, whatever that was about: no token, image or
/// prompt may be in it.
final class LogWatch: Sendable {
  private let program: IrisProgram
  private let sourceLocation: SourceLocation

  /// Watches the log of a service that runs in a program's directory.
  init(_ program: IrisProgram, sourceLocation: SourceLocation) {
    self.program = program
    self.sourceLocation = sourceLocation
  }

  deinit {
    guard let log = try? Data(contentsOf: program.directory.appending(path: "log")) else {
      Issue.record("the log of a service cannot be read", sourceLocation: sourceLocation)
      return
    }
    for finding in Self.findings(in: log) {
      Issue.record("the log of a service has \(finding)", sourceLocation: sourceLocation)
    }
  }

  /// The beginnings of tokens, and the most digits of one that may be shown.
  private static let tokens = [("esk_live_", 4), ("esk_test_", 4), ("iris_admin_", 0)]
  /// The beginnings of images, as they are and in base64, and a word of the tests' prompts.
  private static let texts = ["PNG\r\n", "iVBORw0KGgo", "/9j/4AAQ", " fox"]

  /// The prompts of the scripts that are the services' clients.
  static let prompts: [String] = {
    let folder = Repository.root.appending(path: "Tests/SDK")
    let files = (try? FileManager.default.contentsOfDirectory(atPath: folder.path)) ?? []
    let scripts = files.compactMap {
      try? String(contentsOf: folder.appending(path: $0), encoding: .utf8)
    }
    let given = /(?:prompt["']?\s*[=:]\s*|(?:draw|ask)\(\w+, )"([^"{}\\]{4,})"/
    return Set(scripts.flatMap { $0.matches(of: given).map { String($0.1) } }).sorted()
  }()

  /// Describes what a text has that must be nobody's but its sender's.
  static func findings(in text: Data) -> [String] {
    var findings = texts.filter { text.range(of: Data($0.utf8)) != nil }.map { "`\($0)`" }
    findings += prompts.filter { hasWords($0, text) }.map { "the prompt `\($0)`" }
    for (prefix, shownCount) in tokens {
      var rest = text[...]
      while let range = rest.range(of: Data(prefix.utf8)) {
        rest = rest[range.upperBound...]
        let digits = rest.prefix { byte in
          (0x30...0x39).contains(byte) || (0x61...0x7A).contains(byte | 0x20)
        }
        if digits.count > shownCount { findings.append("a token that begins with \(prefix)") }
      }
    }
    return findings
  }

  /// Returns true if a text has some words, and not only as the beginning of others.
  private static func hasWords(_ words: String, _ text: Data) -> Bool {
    var rest = text[...]
    while let range = rest.range(of: Data(words.utf8)) {
      rest = rest[range.upperBound...]
      guard let next = rest.first, (0x61...0x7A).contains(next | 0x20) else { return true }
    }
    return false
  }
}
