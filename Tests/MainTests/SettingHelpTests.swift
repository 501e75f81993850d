import Foundation
import Main
import TestSupport
import Testing

/// Help, validation and documentation, held against the ranges and defaults of settings.
@Suite struct SettingHelpTests {
  static let numbers = Setting.allCases.filter { $0.range != nil }
  private static let squares: [Setting] = [.maxSize, .maxEditSize]

  private func serve(_ arguments: String...) throws -> IrisProgram.Outcome {
    try IrisProgram().run(["serve"] + arguments)
  }

  private func spelling(_ value: Int, of setting: Setting) -> String {
    Self.squares.contains(setting) ? "\(value)x\(value)" : "\(value)"
  }

  @Test func `help says what each setting allows and has by default`() throws {
    let lines = try serve("--help").output.split(separator: "\n")
    for setting in Setting.allCases where setting.takesValue {
      let line = try #require(lines.first { $0.contains(" --\(setting.rawValue) ") }, "\(setting)")
      if let value = setting.fixedDefault, !value.isEmpty {
        #expect(line.contains("default \(value)"), "\(line)")
      }
      guard let range = setting.range else { continue }
      let (least, most) = (
        spelling(range.lowerBound, of: setting), spelling(range.upperBound, of: setting)
      )
      let phrases = ["\(least) to \(most)", "\(least) or more", "1 to \(most), or 0", "or 0"]
      let isFree = range.lowerBound == 0
      #expect(phrases.prefix(isFree ? 4 : 2).contains { line.contains($0) }, "\(line)")
    }
  }

  @Test(arguments: numbers)
  func `a setting is taken up to the ends of its range, and not beyond`(setting: Setting) throws {
    let range = try #require(setting.range)
    for value in [range.lowerBound, range.upperBound] {
      let text = spelling(value, of: setting)
      let run = try serve("--print-config", "--\(setting.rawValue)", text)
      #expect(run.status == 0 && run.output.contains(" \(text) "), "\(run.errors)")
    }
    for value in [range.lowerBound - 1, range.upperBound + 1] {
      let text = spelling(value, of: setting)
      let run = try serve("--print-config", "--\(setting.rawValue)=\(text)")
      #expect(run.status == 2 && run.errors.contains("\(setting.key) is `\(text)`"), "\(text)")
      #expect(run.errors.contains("\(range.lowerBound)"), "\(run.errors)")
      #expect(run.errors.contains("\(range.upperBound)"), "\(run.errors)")
    }
  }

  @Test func `the documentation shows every setting with its default`() throws {
    let page = try String(
      contentsOf: Repository.root.appending(path: "Documentation/serving.md"), encoding: .utf8)
    let rows = page.split(separator: "\n").drop { !$0.hasPrefix("host  ") }
      .prefix(Setting.allCases.count)
    for (row, setting) in zip(rows, Setting.allCases) {
      let words = row.split(separator: " ").map { String($0) }
      #expect(words.first == setting.key, "\(row)")
      guard words.last == "default", let value = setting.fixedDefault else { continue }
      #expect(words.dropFirst().first == (value.isEmpty ? "-" : value), "\(row)")
    }
    #expect(rows.count == Setting.allCases.count)
  }

  @Test(arguments: [
    (Setting.connectionsPerAddress, "by default 1500"), (.maxSize, "up to 2048x2048"),
    (.connectionsPerAddress, "of 4,000 in all"),
  ])
  func `a note of the documentation has the number of the setting`(
    setting: Setting, phrase: String
  ) throws {
    let page = try String(
      contentsOf: Repository.root.appending(path: "Documentation/serving.md"), encoding: .utf8)
    let note = try #require(
      page.split(separator: "\n").first { $0.hasPrefix("| `\(setting.key)`") })
    #expect(note.contains(phrase))
    let number = phrase.replacing(",", with: "").split { !$0.isNumber }.first.flatMap { Int($0) }
    let known = [setting.fixedDefault.flatMap { Int($0) }, setting.range?.upperBound]
    #expect(known.contains(number), "\(phrase)")
  }
}

extension Setting {
  /// True if its option has a value.
  fileprivate var takesValue: Bool {
    ![
      .auth, .modelOptional, .strictBase64, .pngMetadata, .pages, .logPrompts, .masks,
      .negativePrompts,
    ].contains(self)
  }
}
