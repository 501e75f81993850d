import API
import Foundation
import HTTP
import Rendering
import Testing
import Text

@Suite struct OpenAPITests {
  private let site: TestSite

  init() throws { site = try TestSite() }

  private func schema(_ path: String, _ media: String) async throws -> [String: Any] {
    var node = try await site.get("/openapi.json").json
    for name in ["paths", path, "post", "requestBody", "content", media, "schema"] {
      node = try #require(node[name] as? [String: Any], "\(name)")
    }
    return node
  }

  @Test func `every path of the document is served`() async throws {
    let document = try await site.get("/openapi.json").json
    #expect(document["openapi"] as? String == "3.1.0")
    let paths = try #require(document["paths"] as? [String: [String: Any]])
    #expect(paths.count == 8)
    for (path, operations) in paths {
      let target = path.replacingOccurrences(of: "{id}", with: "epithre-iris")
      for method in operations.keys {
        let (response, _) = try await site.client.send(
          .init(ByteString(method.uppercased())), target, headers: site.headers(),
          body: Array("{}".utf8))
        #expect([200, 400].contains(response.status.code), "\(method) \(path)")
      }
    }
  }

  @Test func `every code of the catalogue is documented, and every status of both endpoints`()
    async throws
  {
    let document = try await site.get("/openapi.json").json
    var node = document
    for name in ["components", "schemas", "Error", "properties", "error", "properties", "code"] {
      node = try #require(node[name] as? [String: Any], "\(name)")
    }
    #expect(Set(node["enum"] as? [String] ?? []) == Set(ErrorRules.catalogue.keys))
    // The protocol's own refusals, and what the catalogue has beyond paths and methods.
    let statuses = Set(ErrorRules.catalogue.values.map(\.status)).subtracting([404, 405])
      .union([200, 408, 414, 417, 431, 501, 505])
    let paths = try #require(document["paths"] as? [String: [String: [String: Any]]])
    for path in [TestSite.generations, TestSite.edits] {
      let responses = try #require(paths[path]?["post"]?["responses"] as? [String: Any])
      #expect(Set(responses.keys) == Set(statuses.map { "\($0)" }))
    }
  }

  @Test(arguments: EditMode.allCases)
  func `the document says how edits begin that do not say`(mode: EditMode) async throws {
    let site = try TestSite { $0.model.limits.editMode = mode }
    var node = try await site.get("/openapi.json").json
    for name in [
      "paths", TestSite.edits, "post", "requestBody", "content", "application/json", "schema",
      "properties", "edit_mode",
    ] { node = try #require(node[name] as? [String: Any], "\(name)") }
    #expect(node["default"] as? String == mode.rawValue)
  }

  @Test(arguments: [TestSite.generations, TestSite.edits])
  func `the bounds of the document are those of the parser`(path: String) async throws {
    let schema = try await schema(path, "application/json")
    let properties = try #require(schema["properties"] as? [String: [String: Any]])
    let extra =
      path == TestSite.edits ? #","image":"\#(EditRules.base64Image)""# : ""
    for (name, property) in properties {
      guard let minimum = property["minimum"] as? Double,
        let maximum = property["maximum"] as? Double
      else { continue }
      for (value, isAllowed) in [
        (minimum, true), (maximum, true), (minimum - 1, false), (maximum + 1, false),
      ] {
        let answer = try await site.post(
          path, TestSite.document(#""\#(name)":\#(Int(value))"# + extra))
        #expect(answer.status == (isAllowed ? 200 : 400), "\(name) \(value)")
      }
    }
  }

  @Test(arguments: [TestSite.generations, TestSite.edits])
  func `every word of the document is accepted, and nothing else`(path: String) async throws {
    let schema = try await schema(path, "application/json")
    let properties = try #require(schema["properties"] as? [String: [String: Any]])
    #expect(schema["additionalProperties"] as? Bool == false)
    #expect(schema["required"] as? [String] == ["model", "prompt"])
    #expect((properties["mask"]?["enum"] as? [Any])?.first as? String == "")
    let extra =
      path == TestSite.edits ? #","image":"\#(EditRules.base64Image)""# : ""
    for (name, property) in properties {
      guard let words = property["enum"] as? [Any] else { continue }
      for word in words.compactMap({ $0 as? String }) + ["no such word"] {
        let answer = try await site.post(
          path, TestSite.document(#""\#(name)":"\#(word)""# + extra))
        #expect(answer.status == (word == "no such word" ? 400 : 200), "\(name) \(word)")
      }
    }
  }

  @Test func `the document says what settings change`() async throws {
    let site = try TestSite {
      $0.model.aliases = ["dall-e-3"]
      $0.isModelOptional = true
      $0.model.limits.side = 64...512
    }
    var node = try await site.get("/openapi.json").json
    for name in [
      "paths", TestSite.generations, "post", "requestBody", "content", "application/json", "schema",
    ] {
      node = try #require(node[name] as? [String: Any], "\(name)")
    }
    #expect(node["required"] as? [String] == ["prompt"])
    let properties = try #require(node["properties"] as? [String: [String: Any]])
    let names = try #require(properties["model"]?["enum"] as? [Any]).compactMap { $0 as? String }
    #expect(names == ["epithre-iris", "dall-e-3", ""])
    let size = try #require(properties["size"]?["description"] as? String)
    #expect(size.contains("64 to 512") && size.contains("512x512"))
  }

  @Test func `a form has the parameters of its document`() async throws {
    let form = try await schema(TestSite.edits, "multipart/form-data")
    let json = try await schema(TestSite.edits, "application/json")
    let names = { (schema: [String: Any]) in
      (schema["properties"] as? [String: Any])?.keys.sorted()
    }
    #expect(names(form) == names(json))
  }
}
