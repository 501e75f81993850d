import Flux2
import Foundation
import Tensors
import Testing

/// Tests of the part of a prompt that a model reads.
@Suite struct PromptReadingTests {
  private static let vocabulary =
    #"{"version": 1, "name": "small", "words": ["a", "with", "cat", "sports car", "cup of tea"]}"#

  /// The reading of a prompt by a model with a vocabulary.
  private func unknown(_ prompt: String, _ vocabulary: String = vocabulary) throws -> [String] {
    try ReferenceModel.all[0].withCopy(index: [:]) { directory in
      try Data(vocabulary.utf8).write(to: URL(filePath: directory + "/vocabulary.json"))
      let pipeline = try Pipeline(.directory(directory), device: Device(threadCount: 1))
      #expect(pipeline.reading(of: prompt).modelName == "small")
      return pipeline.reading(of: prompt).unknownWords
    }
  }

  @Test(arguments: [
    ("a cat with a sports car", []), ("A CAT,\nwith: a \"cat\"!", []), ("a cup of tea", []),
    ("a sports cat", ["sports"]), ("a cup with tea", ["cup", "tea"]), ("", []), (" .,; ", []),
    ("lion, cat, Lion, savanna, lion", ["lion", "savanna"]),
    ("a cat's, “cat”… cat—cat，cat", []), ("4k 3 16:9 x", []), ("cat-dog", ["dog"]),
    ("кошка 🦊 猫", ["кошка", "🦊", "猫"]),
    // The Kelvin sign is no K, and a letter with a mark is not the letter.
    ("\u{212A}", ["\u{212A}"]), ("ca\u{301}t", ["ca\u{301}t"]),
  ])
  func `words that were not taught are named once, in their order`(
    prompt: String, words: [String]
  ) throws {
    #expect(try unknown(prompt).map { Array($0.utf8) } == words.map { Array($0.utf8) })
  }

  @Test(arguments: [
    "", "[]", "{}", #"{"version": 2, "name": "a", "words": ["a"]}"#,
    #"{"version": 1, "name": "", "words": ["a"]}"#, #"{"version": 1, "name": "a", "words": []}"#,
    #"{"version": 1, "name": "a", "words": [1]}"#, #"{"version": 1, "name": "a", "words": [""]}"#,
    #"{"version": 1, "name": "a", "words": "a"}"#,
  ])
  func `a vocabulary that is none is refused`(json: String) {
    let error = #expect(throws: Flux2Error.self) { try unknown("a", json) }
    #expect(error?.code == .configuration && error?.subject.hasSuffix("vocabulary.json") == true)
  }

  @Test func `a model without a vocabulary knows every word`() throws {
    let pipeline = try Pipeline(
      .directory(ReferenceModel.all[0].directory), device: Device(threadCount: 1))
    let reading = pipeline.reading(of: "xyzzy")
    #expect(reading.modelName == nil && reading.unknownWords.isEmpty)
  }

  @Test func `tokens beyond what the model reads are counted`() throws {
    let model = try #require(ReferenceModel.all.last)
    let pipeline = try Pipeline(.directory(model.directory), device: Device(threadCount: 1))
    // Three tokens come before a prompt, and 48 are read in all.
    let limit = 45
    let short = pipeline.reading(of: "a fox")
    #expect(short.tokenCount > 0 && short.readTokenCount == short.tokenCount)
    let long = pipeline.reading(of: String(repeating: "a fox ", count: 100))
    #expect(long.tokenCount > limit && long.readTokenCount == limit)
    #expect(pipeline.reading(of: "").tokenCount == 0)
  }

  @Test func `the last token that counts is the last that is read`() throws {
    let model = try #require(ReferenceModel.all.last)
    let pipeline = try Pipeline(.directory(model.directory), device: Device(threadCount: 1))
    var prompt = "a"
    while pipeline.reading(of: prompt).tokenCount < 45 { prompt += " a" }
    let full = try pipeline.encodePrompt(prompt).hiddenStates
    #expect(try pipeline.encodePrompt(prompt + " fox").hiddenStates == full)
    #expect(try pipeline.encodePrompt(String(prompt.dropLast(2)) + " fox").hiddenStates != full)
  }
}
