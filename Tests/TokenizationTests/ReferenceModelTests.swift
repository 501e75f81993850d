import Foundation
import TestSupport
import Testing
import Tokenization

@Suite struct ReferenceModelTests {
  struct Reference: Decodable {
    struct Case: Decodable {
      let text: String
      let ids: [Int32]
      let chatIDs: [Int32]

      enum CodingKeys: String, CodingKey {
        case text, ids
        case chatIDs = "chat_ids"
      }
    }

    let padID: Int32
    let cases: [Case]

    enum CodingKeys: String, CodingKey {
      case cases
      case padID = "pad_id"
    }
  }

  struct Padding: Decodable {
    let prompt: String
    let length: Int
    let ids: [Int32]
    let real: Int
  }

  static func url(_ model: String, _ path: String) -> URL {
    Fixture.url("reference/\(model)/\(path)")
  }

  static func tokenizer(_ model: String, without hidden: String? = nil) throws -> Tokenizer {
    let directory = url(model, "model/tokenizer")
    let names = try FileManager.default.contentsOfDirectory(atPath: directory.path)
    var files: [String: Data] = [:]
    for name in names where name != hidden {
      files[name] = try Data(contentsOf: directory.appending(path: name))
    }
    return try TemporaryTokenizer.with(files)
  }

  @Test(arguments: ["tiny", "compact"], [nil, "tokenizer.json", "vocab.json"])
  func `texts and prompts have the reference's ids, from either layout of files`(
    model: String, hidden: String?
  ) throws {
    let tokenizer = try Self.tokenizer(model, without: hidden)
    let data = try Data(contentsOf: Self.url(model, "tokenizer.json"))
    let reference = try JSONDecoder().decode(Reference.self, from: data)
    #expect(reference.cases.count > 10)
    #expect(tokenizer.padID == reference.padID)
    for item in reference.cases {
      #expect(tokenizer.encode(item.text) == item.ids)
      let length = item.chatIDs.count
      #expect(tokenizer.encodeChat(prompt: item.text, length: length).ids == item.chatIDs)
      #expect(tokenizer.encodeChat(prompt: item.text, length: length + 5).count == length)
    }
  }

  @Test(arguments: ["tiny", "compact"])
  func `prompts are cut and padded as in the reference`(model: String) throws {
    let tokenizer = try Self.tokenizer(model)
    let data = try Data(contentsOf: Self.url(model, "padding.json"))
    let cases = try JSONDecoder().decode([Padding].self, from: data)
    #expect(!cases.isEmpty)
    for item in cases {
      let prompt = tokenizer.encodeChat(prompt: item.prompt, length: item.length)
      #expect(prompt.ids == item.ids)
      #expect(prompt.count == item.real)
    }
  }
}
