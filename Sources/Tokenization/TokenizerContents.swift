internal import Text

/// What the files of a tokenizer directory say, before it is made into tables.
///
/// Spellings are kept as UTF-8 bytes throughout: `String` compares by canonical equivalence, under which
/// different tokens of the vocabulary are equal.
struct TokenizerContents {
  /// Ids by spelling, in the byte alphabet.
  var vocabulary: [ArraySlice<UInt8>: Int32] = [:]
  /// Pairs of spellings, in the order of their ranks.
  var merges: [(ArraySlice<UInt8>, ArraySlice<UInt8>)] = []
  /// Ids of the tokens that are matched in raw text, by content.
  var addedTokens: [ByteString: Int32] = [:]
  /// The content of the padding token; Qwen's own where the files do not name one.
  var padToken: ByteString = "<|endoftext|>"

  init(directory: String) throws(TokenizationError) {
    let files = TokenizerFiles(directory: directory)
    if let combined = try files.read("tokenizer.json") {
      try readCombined(combined)
    } else if let vocabulary = try files.read("vocab.json"),
      let merges = try files.read("merges.txt")
    {
      try readVocabularyFile(vocabulary)
      try readMergesFile(merges)
    } else {
      throw TokenizationError(
        code: .unreadable, file: directory,
        detail: "no tokenizer here: expected tokenizer.json, or vocab.json and merges.txt")
    }
    if let added = try files.read("added_tokens.json") { try readAddedTokensFile(added) }
    if let special = try files.read("special_tokens_map.json") { try readConfiguration(special) }
    if let configuration = try files.read("tokenizer_config.json") {
      try readConfiguration(configuration)
    }
  }

  /// The padding token's id.
  func padID(in directory: String) throws(TokenizationError) -> Int32 {
    guard let id = addedTokens[padToken] ?? vocabulary[padToken.bytes] else {
      throw TokenizationError(
        code: .inconsistent, file: directory,
        detail: "the padding token `\(padToken)` has no id")
    }
    return id
  }

  /// Registers an added token; the same token may be listed in several files, with one id.
  mutating func add(
    _ content: ByteString, id: Int32, reader: TokenizerJSON
  ) throws(TokenizationError) {
    guard !content.isEmpty else { return }
    if let earlier = addedTokens.updateValue(id, forKey: content), earlier != id {
      throw reader.malformed(
        "added token `\(content)` has the ids \(earlier) and \(id)"
      )
    }
  }
}
