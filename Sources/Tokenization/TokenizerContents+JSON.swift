internal import Text

/// Reading the two layouts of vocabulary files: `tokenizer.json`, and `vocab.json` with `merges.txt`.
extension TokenizerContents {
  /// Reads `tokenizer.json`: vocabulary, merges and added tokens in one file.
  mutating func readCombined(_ file: TokenizerFiles.Contents) throws(TokenizationError) {
    var reader = TokenizerJSON(file.bytes, file: file.path)
    var hasModel = false
    try reader.beginObject()
    while let key = try reader.nextKey() {
      switch key {
      case "model":
        try readModel(&reader, file: file.path)
        hasModel = true
      case "added_tokens":
        try reader.beginArray()
        while try reader.nextElement() { try readAddedToken(&reader, id: nil) }
      default: try reader.skipValue()
      }
    }
    try reader.end()
    guard hasModel else { throw reader.malformed("there is no `model` in it") }
  }

  /// Reads `vocab.json`: one object, spelling to id.
  mutating func readVocabularyFile(_ file: TokenizerFiles.Contents) throws(TokenizationError) {
    var reader = TokenizerJSON(file.bytes, file: file.path)
    try readVocabulary(&reader)
    try reader.end()
  }

  /// Reads `merges.txt`: a version comment, then one `left right` a line.
  mutating func readMergesFile(_ file: TokenizerFiles.Contents) throws(TokenizationError) {
    let lines = file.bytes.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false)
    for (index, line) in lines.enumerated() {
      let line = line.last == UInt8(ascii: "\r") ? line.dropLast() : line
      if line.isEmpty || (index == 0 && line.starts(with: "#version".utf8)) { continue }
      guard let pair = Self.pair(in: line) else {
        throw TokenizationError(
          code: .malformed, file: file.path,
          detail: "line \(index + 1) is not two tokens separated by one space")
      }
      merges.append(pair)
    }
  }

  private mutating func readModel(
    _ reader: inout TokenizerJSON, file: String
  ) throws(TokenizationError) {
    try reader.beginObject()
    while let key = try reader.nextKey() {
      switch key {
      case "type":
        let type = try reader.string()
        guard type == "BPE" else {
          throw TokenizationError(
            code: .unsupported, file: file, detail: "model type `\(type)`; only BPE is supported")
        }
      case "vocab": try readVocabulary(&reader)
      case "merges": try readMerges(&reader)
      default: try reader.skipValue()
      }
    }
  }

  private mutating func readVocabulary(_ reader: inout TokenizerJSON) throws(TokenizationError) {
    // Room for Qwen3's 151,643 spellings, so that the table is not rebuilt while it grows.
    vocabulary.reserveCapacity(1 << 18)
    try reader.beginObject()
    while let spelling = try reader.nextKey() { vocabulary[spelling.bytes] = try reader.tokenID() }
  }

  /// Each merge is `"left right"` or `["left", "right"]`.
  private mutating func readMerges(_ reader: inout TokenizerJSON) throws(TokenizationError) {
    try reader.beginArray()
    while try reader.nextElement() {
      if reader.peek() == UInt8(ascii: "[") {
        var spellings: [ArraySlice<UInt8>] = []
        try reader.beginArray()
        while try reader.nextElement() { spellings.append(try reader.string().bytes) }
        guard spellings.count == 2 else { throw reader.malformed("a merge is not a pair") }
        merges.append((spellings[0], spellings[1]))
      } else {
        guard let pair = Self.pair(in: try reader.string().bytes) else {
          throw reader.malformed("a merge is not two tokens separated by one space")
        }
        merges.append(pair)
      }
    }
  }

  private static func pair(
    in text: ArraySlice<UInt8>
  ) -> (ArraySlice<UInt8>, ArraySlice<UInt8>)? {
    let space = UInt8(ascii: " ")
    guard let middle = text.firstIndex(of: space) else { return nil }
    let left = text[..<middle]
    let right = text[(middle + 1)...]
    guard !left.isEmpty, !right.isEmpty, !right.contains(space) else { return nil }
    return (left, right)
  }
}
