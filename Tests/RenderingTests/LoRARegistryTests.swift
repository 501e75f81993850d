import Foundation
import Rendering
import TestSupport
import Testing

@Suite struct LoRARegistryTests {
  static func registry(_ json: String?) throws -> LoRARegistry {
    let folder = try TemporaryFolder()
    if let json { try folder.write(json, to: "registry.json") }
    return try LoRARegistry(directory: folder.path)
  }

  @Test func `entries have the strength and the file that the registry gives them`() throws {
    let registry = try Self.registry(
      """
      {"version": 1, "loras": [
        {"name": "dark", "file": "dark.safetensors", "description": "gloom", "default_strength": 0.8},
        {"name": "anime", "file": "/srv/anime.safetensors"}]}
      """)
    #expect(registry.names == ["none", "dark", "anime"])
    let dark = try #require(try registry.entry(named: "dark"))
    #expect(dark.file.hasSuffix("/dark.safetensors") && dark.file.hasPrefix("/"))
    #expect(dark.defaultStrength == 0.8 && dark.description == "gloom")
    let anime = try #require(try registry.entry(named: "anime"))
    #expect(anime.file == "/srv/anime.safetensors" && anime.defaultStrength == 0.6)
  }

  @Test func `names that Unicode takes for one are two`() throws {
    let registry = try Self.registry(
      #"{"version": 1, "loras": [{"name": "K1", "file": "f"}]}"#)
    #expect(registry.offers("K1") && !registry.offers("\u{212A}1"))
    #expect(try registry.entry(named: "K1") != nil)
    #expect(throws: RenderError.self) { try registry.entry(named: "\u{212A}1") }
  }

  @Test func `a key that is not known is named`() throws {
    let registry = try Self.registry(
      #"{"version": 1, "note": "x", "loras": [{"name": "a", "file": "f", "default_strenght": 1}]}"#)
    #expect(registry.warnings.map(\.code) == ["unknown_key", "unknown_key"])
    #expect(registry.warnings[0].message.contains("`note`"))
    #expect(registry.warnings[1].message.contains("`default_strenght`"))
    #expect(registry.warnings[1].message.contains("default_strength"))
    let known = #"{"version": 1, "loras": [{"name": "a", "file": "f", "description": "d"}]}"#
    #expect(try Self.registry(known).warnings.isEmpty)
  }

  @Test(arguments: [
    (#"{"version": 1, "loras": [], "loras": [{"name": "a", "file": "g"}]}"#, "`loras`"),
    (#"{"version": 1, "loras": [{"name": "a", "file": "f", "file": "g"}]}"#, "`file`"),
    (#"{"version": 1, "loras": [{"name": "a", "file": "f", "f\u0069le": "g"}]}"#, "`file`"),
  ])
  func `a key that is given twice counts as it was written last, with a warning that names it`(
    json: String, key: String
  ) throws {
    let registry = try Self.registry(json)
    #expect(registry.entries.first?.file.hasSuffix("/g") == true)
    #expect(registry.warnings.map(\.code) == ["repeated_key"])
    #expect(registry.warnings.first?.message.contains(key) == true)
  }

  @Test func `one name may stand for a file of each model`() throws {
    let registry = try Self.registry(
      """
      {"version": 1, "loras": [
        {"name": "dark", "file": "tiny", "models": ["iris-tiny"]},
        {"name": "dark", "file": "klein", "models": ["klein", "klein-4b"]},
        {"name": "anime", "file": "klein-anime", "models": ["klein"]},
        {"name": "any", "file": "any"}]}
      """)
    #expect(registry.names == ["none", "dark", "anime", "any"])
    let tiny = registry.fitting { $0 == "iris-tiny" }
    #expect(tiny.names == ["none", "dark", "any"])
    #expect(try tiny.entry(named: "dark")?.file.hasSuffix("/tiny") == true)
    let error = #expect(throws: RenderError.self) { try tiny.entry(named: "anime") }
    #expect(error?.message.contains("other models: klein") == true)
    let klein = registry.fitting { $0 == "klein-4b" }
    #expect(klein.names == ["none", "dark", "any"] && klein.unusable.map(\.name) == ["anime"])
    #expect(try klein.entry(named: "dark")?.file.hasSuffix("/klein") == true)
  }

  @Test(arguments: [
    #"{"name": "a", "file": "f", "models": ["x"]}, {"name": "a", "file": "g"}"#,
    #"{"name": "a", "file": "f", "models": ["x"]}, {"name": "a", "file": "g", "models": ["y", "x"]}"#,
    #"{"name": "a", "file": "f", "models": []}"#, #"{"name": "a", "file": "f", "models": "x"}"#,
    #"{"name": "a", "file": "f", "models": [1]}"#, #"{"name": "a", "file": "f", "models": [""]}"#,
  ])
  func `models that do not tell entries apart are an error`(entries: String) {
    let error = #expect(throws: RenderError.self) {
      try Self.registry(#"{"version": 1, "loras": [\#(entries)]}"#)
    }
    #expect(error?.code == .invalidRegistry)
  }

  @Test func `where there is no registry, only none is known`() throws {
    let registry = try Self.registry(nil)
    #expect(registry.names == ["none"])
    #expect(try registry.entry(named: "none") == nil)
  }

  @Test func `an unknown name is an error that lists the names`() throws {
    let registry = try Self.registry(#"{"version": 1, "loras": [{"name": "dark", "file": "d"}]}"#)
    let error = #expect(throws: RenderError.self) { try registry.entry(named: "drak") }
    #expect(error?.message.contains("none, dark") == true)
  }

  @Test(arguments: [
    "", "[]", "{}", #"{"version": 2, "loras": []}"#, #"{"version": 1}"#,
    #"{"version": 1, "loras": [{"name": "a"}]}"#,
    #"{"version": 1, "loras": [{"name": "", "file": "f"}]}"#,
    #"{"version": 1, "loras": [{"name": "none", "file": "f"}]}"#,
    #"{"version": 1, "loras": [{"name": "a b", "file": "f"}]}"#,
    #"{"version": 1, "loras": [{"name": "a", "file": ""}]}"#,
    #"{"version": 1, "loras": [{"name": "a", "file": 1}]}"#,
    #"{"version": 1, "loras": [{"name": "a", "file": "f", "default_strength": "1"}]}"#,
    #"{"version": "1", "loras": []}"#, #"{"version": 1, "loras": [[]]}"#,
    #"{"version": 1, "loras": [{"name": "a", "file": "f", "default_strength": 9}]}"#,
    #"{"version": 1, "loras": [{"name": "a", "file": "f"}, {"name": "a", "file": "g"}]}"#,
  ])
  func `a registry that is not one is an error`(json: String) {
    let error = #expect(throws: RenderError.self) { try Self.registry(json) }
    #expect(error?.code == .invalidRegistry)
  }

  @Test func `a registry that might never end is not waited for`() throws {
    let folder = try TemporaryFolder()
    #expect(unsafe mkfifo(folder.path("registry.json"), 0o600) == 0)
    let error = #expect(throws: RenderError.self) { try LoRARegistry(directory: folder.path) }
    #expect(error?.code == .invalidRegistry)
  }
}
