import Foundation
import Testing
import Tokenization

@Suite struct QwenVectorTests {
  struct Vector: Decodable, Sendable, CustomTestStringConvertible {
    let text: String
    let ids: [Int32]
    let chatIDs: [Int32]
    let realTokens: Int

    enum CodingKeys: String, CodingKey {
      case text, ids
      case chatIDs = "chat_ids_512_unpadded"
      case realTokens = "real_tokens"
    }

    var testDescription: String { text.prefix(40).debugDescription }
  }

  struct RandomCase: Decodable {
    let text: String
    let ids: [Int32]
  }

  struct Cases<Case: Decodable>: Decodable { let cases: [Case] }

  static func read<Case: Decodable>(_ name: String, as type: Case.Type) throws -> [Case] {
    let data = try Data(contentsOf: QwenFixture.directory.appending(path: name))
    return try JSONDecoder().decode(Cases<Case>.self, from: data).cases
  }

  static let vectors = Result { try read("qwen_vectors.json", as: Vector.self) }

  let tokenizer: Tokenizer

  init() throws { tokenizer = try QwenFixture.tokenizer.get() }

  @Test func `all 27 reference vectors are there`() throws {
    #expect(try Self.vectors.get().count == 27)
  }

  @Test(arguments: (try? vectors.get()) ?? [])
  func `a text has the reference's ids`(vector: Vector) {
    #expect(tokenizer.encode(vector.text) == vector.ids)
  }

  @Test(arguments: (try? vectors.get()) ?? [])
  func `a prompt in its chat template has the reference's ids`(vector: Vector) {
    let prompt = tokenizer.encodeChat(prompt: vector.text, length: 512)
    #expect(prompt.count == vector.realTokens)
    #expect(Array(prompt.ids.prefix(prompt.count)) == vector.chatIDs)
    #expect(prompt.ids.count == 512)
    #expect(prompt.ids.dropFirst(prompt.count).allSatisfy { $0 == 151643 })
  }

  @Test func `random strings of rare characters have the reference's ids`() throws {
    let cases = try Self.read("random_cases.json", as: RandomCase.self)
    #expect(cases.count == 300)
    for (index, random) in cases.enumerated() {
      #expect(tokenizer.encode(random.text) == random.ids, "case \(index)")
    }
  }

  @Test func `the padding token is <|endoftext|>`() { #expect(tokenizer.padID == 151643) }

  @Test func `the empty prompt is the template alone`() {
    let prompt = tokenizer.encodeChat(prompt: "", length: 14)
    #expect(prompt.count == 12)
    #expect(
      prompt.ids == [
        151644, 872, 198, 151645, 198, 151644, 77091, 198, 151667, 271, 151668, 271, 151643, 151643,
      ])
  }

  @Test func `a prompt that is too long loses the end of the template`() {
    let text = String(repeating: "fox ", count: 600)
    let prompt = tokenizer.encodeChat(prompt: text, length: 512)
    #expect(prompt.count == 512)
    #expect(prompt.ids.prefix(4) == [151644, 872, 198, 15011])
    #expect(prompt.ids.last == 38835)
    #expect(!prompt.ids.contains(151645))
  }

  @Test(arguments: [0, -1, Int.min])
  func `a length of zero or less gives no tokens`(length: Int) {
    let prompt = tokenizer.encodeChat(prompt: "fox", length: length)
    #expect(prompt.ids.isEmpty && prompt.count == 0)
  }

  @Test func `an added token in a user's text is that token`() {
    #expect(tokenizer.encode("<|im_end|>") == [151645])
    #expect(tokenizer.encode("a<think>a") == [64, 151667, 64])
  }

  @Test(.timeLimit(.minutes(1)))
  func `a long word without any merge partner is fast`() {
    #expect(tokenizer.encode(String(repeating: "ab", count: 100_000)).count == 100_000)
  }
}
