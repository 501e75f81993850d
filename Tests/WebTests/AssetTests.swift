import Foundation
import TestSupport
import Testing
import Text
import Web

/// The files of the pages, as they are compiled in.
@Suite struct AssetTests {
  private static let folder = Repository.root.appending(path: "Sources/Web/Assets")

  private static func text(_ name: String) throws -> String {
    let asset = try #require(Asset.all[ByteString(name)], "\(name)")
    return String(decoding: asset.identity.bytes, as: UTF8.self)
  }

  private static let names = Asset.all.keys.map { "\($0)" }.sorted()

  private static func names(ending suffix: String) -> [String] {
    names.filter { $0.hasSuffix(suffix) }
  }

  @Test func `every file of the folder is compiled in, line for line but for comments`() throws {
    let files = try FileManager.default.contentsOfDirectory(atPath: Self.folder.path)
    #expect(files.sorted() == Self.names)
    var commentCount = 0
    for name in files {
      let source = try String(contentsOf: Self.folder.appending(path: name), encoding: .utf8)
      let lines = source.components(separatedBy: "\n")
      let served = try Self.text(name).components(separatedBy: "\n")
      #expect(served.count == lines.count, "\(name)")
      var isOpen = false
      for (line, served) in zip(lines, served) where line != served {
        let text = line.drop { $0 == " " }
        #expect(
          served.isEmpty && (isOpen || text.hasPrefix("//") || text.hasPrefix("/*")), "\(line)")
        if text.hasPrefix("/*") { isOpen = true }
        if text.hasSuffix("*/") { isOpen = false }
        commentCount += 1
      }
      #expect(!isOpen, "\(name)")
      // What ends a comment ends its line, so that no code is taken for a part of it.
      let ends = source.matches(of: /\*\/[^\n]/).count
      #expect(ends == 0, "\(name)")
    }
    #expect(commentCount > 100)
  }

  @Test func `all of it together takes at most 60 kB compressed`() {
    let total = Asset.all.values.reduce(0) { $0 + $1.gzip.bytes.count }
    #expect(total <= 60_000)
    #expect(total > 10_000)
  }

  @Test func `what is compressed ends as RFC 1952 says`() {
    for (name, asset) in Asset.all {
      let bytes = asset.gzip.bytes
      #expect(bytes.prefix(3) == [0x1F, 0x8B, 8], "\(name)")
      let length = bytes.suffix(4).reversed().reduce(0) { $0 << 8 | Int($1) }
      #expect(length == asset.identity.bytes.count, "\(name)")
      #expect(asset.gzip.tag != asset.identity.tag)
    }
    #expect(Gzip.compress([]).count > 18)
  }

  @Test func `no page has script or style inside, and none loads from elsewhere`() throws {
    for name in Self.names(ending: ".html") {
      let text = try Self.text(name)
      #expect(!text.contains("<style") && !text.contains(" style="), "\(name)")
      #expect(text.firstMatch(of: /\son[a-z]+=/) == nil, "\(name)")
      #expect(text.firstMatch(of: /<script[^>]*>[^<]/) == nil, "\(name)")
      for match in text.matches(of: /\s(?:src|href)="([^"#][^"]*)"/) {
        #expect(match.1.hasPrefix("/") && !match.1.hasPrefix("//"), "\(name): \(match.1)")
      }
    }
    for name in Self.names(ending: ".css") {
      let text = try Self.text(name)
      #expect(!text.contains("url(") && !text.contains("@import"), "\(name)")
    }
  }

  @Test func `no script makes markup or code of a string`() throws {
    for name in Self.names(ending: ".js") {
      let text = try Self.text(name)
      for sink in [
        "innerHTML", "outerHTML", "insertAdjacentHTML", "document.write", "eval(", "new Function",
      ] { #expect(!text.contains(sink), "\(name): \(sink)") }
      // The name of SVG is an address, too.
      let addresses = text.matches(of: /https?:\/\/[^"]*/).map { String($0.0) }
      #expect(addresses.allSatisfy { $0 == "http://www.w3.org/2000/svg" }, "\(name): \(addresses)")
    }
  }

  /// The modules that a module imports, itself among them.
  /// - Parameter later: Also those that it loads when they are needed.
  private static func modules(from name: String, later: Bool) throws -> Set<String> {
    var (found, open): (Set<String>, [String]) = ([], [name])
    while let next = open.popLast() {
      guard found.insert(next).inserted else { continue }
      let text = try text(next)
      open += text.matches(of: /from "\.\/([^"]+)"/).map { String($0.1) }
      guard later else { continue }
      open += text.matches(of: /import\("\.\/([^"]+)"\)/).map { String($0.1) }
    }
    return found
  }

  @Test func `a page asks for its modules, those of its first paint first, and no others`() throws {
    var used: Set<String> = []
    for name in Self.names(ending: ".html") {
      let text = try Self.text(name)
      let asked = text.matches(of: /<(script|link)[^>]*"\/assets\/([^"]+\.js)"/).map {
        (isEntry: $0.1 == "script", name: String($0.2))
      }
      let entries = asked.filter(\.isEntry).map(\.name)
      #expect(entries.count == 2, "\(name)")
      let needed = try entries.map { try Self.modules(from: $0, later: false) }
      #expect(asked.map(\.name).sorted() == Set(needed.joined()).sorted(), "\(name)")
      // What is painted at first waits for nothing else.
      let first = asked.prefix { $0.name != entries.last }
      #expect(Set(first.map(\.name)) == needed[0], "\(name)")
      #expect(text.contains(#"blocking="render" src="/assets/\#(entries[0])""#), "\(name)")
      for entry in entries { used.formUnion(try Self.modules(from: entry, later: true)) }
    }
    #expect(used.sorted() == Self.names(ending: ".js"))
  }

  /// The texts of a file, by their keys: pairs of English and Indonesian, or Indonesian alone.
  private static func words(_ name: String) throws -> (keys: [String], pairs: Int) {
    let text = try text(name)
    let entry = /\n  (?:(\w+)|"([^"]+)"): (\[?)\s*"/
    let matches = text.matches(of: entry)
    let pairs = text.matches(of: /: \[\s*"[^"]+",\s*"[^"]+",?\s*\]/).count
    #expect(pairs == matches.count { !$0.3.isEmpty }, "\(name) has English without Indonesian")
    return (matches.map { String($0.1 ?? $0.2 ?? "") }, pairs)
  }

  private static let pages = [
    ("words.js", ["playground", "usage"]), ("admin-words.js", ["admin"]),
  ]

  @Test(arguments: pages)
  func `every text is there in Indonesian, too, once`(file: String, pages: [String]) throws {
    let (keys, pairs) = try Self.words(file)
    #expect(keys.count > 50 && keys.count == Set(keys).count)
    var named: Set<String> = []
    for page in pages {
      let text = try Self.text(page + ".html")
      named.formUnion(text.matches(of: /data-t(?:-[a-z]+)?="([^"]+)"/).map { String($0.1) })
      for module in try Self.modules(from: page + ".js", later: true) where module != file {
        let calls = try Self.text(module).matches(of: /\bt\(\s*"([^"]+)"/)
        named.formUnion(calls.map { String($0.1) })
      }
    }
    #expect(named.subtracting(keys).sorted() == [])
    #expect(pairs > 50 || file != "words.js")
  }

  @Test func `every icon that is shown exists`() throws {
    let sheet = try Self.text("icons.svg")
    var names: Set<String> = []
    for name in Self.names(ending: ".html") {
      names.formUnion(
        try Self.text(name).matches(of: /icons\.svg#([a-z]+)/).map { String($0.1) })
    }
    for name in Self.names(ending: ".js") {
      let text = try Self.text(name)
      names.formUnion(text.matches(of: /icon\("([a-z]+)"\)/).map { String($0.1) })
      names.formUnion(
        text.matches(of: /(?:action|note)\("[a-z ]+", "([a-z]+)"/).map { String($0.1) })
    }
    #expect(names.isSuperset(of: ["mark", "close", "warning", "brush"]))
    for name in names { #expect(sheet.contains("<symbol id=\"\(name)\""), "\(name)") }
  }
}
