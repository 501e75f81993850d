import Files
import JSON
import Text

/// The parsed content of a tokenizer directory's files, from which the tables are built.
///
/// Spellings are UTF-8 bytes throughout, because `String` compares by canonical equivalence, under
/// which different tokens of the vocabulary are equal.
struct TokenizerContents {
  /// Ids by spelling in the byte alphabet.
  var vocabulary: [ArraySlice<UInt8>: Int32] = [:]
  /// Pairs of spellings in rank order.
  var merges: [(ArraySlice<UInt8>, ArraySlice<UInt8>)] = []
  /// Ids of the tokens that are matched in raw text, by content.
  var addedTokens: [ByteString: Int32] = [:]
  /// The content of the padding token; the default is Qwen's.
  var padToken: ByteString = "<|endoftext|>"

  /// Nothing yet.
  init() {}

  init(directory: String) throws(TokenizationError) {
    let files = TokenizerFiles(directory: directory)
    if let combined = try files.read("tokenizer.json") {
      try parse(combined) { (contents, json) throws(JSONError) in try contents.readCombined(&json) }
    } else if let vocabulary = try files.read("vocab.json"),
      let merges = try files.read("merges.txt")
    {
      try parse(vocabulary) { (contents, json) throws(JSONError) in
        try contents.readVocabulary(&json)
      }
      try readMerges(merges)
    } else {
      throw TokenizationError(
        code: .unreadable, file: directory,
        detail: "no tokenizer here: expected tokenizer.json, or vocab.json and merges.txt")
    }
    if let added = try files.read("added_tokens.json") {
      try parse(added) { (contents, json) throws(JSONError) in try contents.readAddedTokens(&json) }
    }
    for name in ["special_tokens_map.json", "tokenizer_config.json"] {
      if let configuration = try files.read(name) {
        try parse(configuration) { (contents, json) throws(JSONError) in
          try contents.readConfiguration(&json)
        }
      }
    }
  }

  /// Returns the padding token's id.
  func padID(in directory: String) throws(TokenizationError) -> Int32 {
    guard let id = addedTokens[padToken] ?? vocabulary[padToken.bytes] else {
      throw TokenizationError(
        code: .inconsistent, file: directory,
        detail: "the padding token `\(padToken)` has no id")
    }
    return id
  }

  /// Parses one JSON file.
  private mutating func parse(
    _ file: TokenizerFiles.Contents,
    _ read: (inout TokenizerContents, inout JSONReader) throws(JSONError) -> Void
  ) throws(TokenizationError) {
    var json = JSONReader(file.bytes)
    do {
      try read(&self, &json)
      try json.end()
    } catch {
      throw error.kind == .unsupported
        ? TokenizationError(code: .unsupported, file: file.path, detail: error.problem)
        : TokenizationError(
          code: .malformed, file: file.path, detail: "\(error.problem) (byte \(error.position))")
    }
  }
}

/// The two layouts of vocabulary files: `tokenizer.json`, or `vocab.json` with `merges.txt`.
extension TokenizerContents {
  /// Reads `tokenizer.json`: vocabulary, merges and added tokens in one file.
  private mutating func readCombined(_ json: inout JSONReader) throws(JSONError) {
    var hasModel = false
    try json.beginObject()
    while let key = try json.nextName() {
      switch key {
      case "model":
        try readModel(&json)
        hasModel = true
      case "added_tokens":
        try json.beginArray()
        while try json.nextElement() { try readAddedToken(&json, id: nil) }
      default: try json.skipValue()
      }
    }
    guard hasModel else { throw json.error("there is no `model` in it") }
  }

  /// Reads `merges.txt`: a version comment, then one `left right` per line.
  private mutating func readMerges(_ file: TokenizerFiles.Contents) throws(TokenizationError) {
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

  private mutating func readModel(_ json: inout JSONReader) throws(JSONError) {
    try json.beginObject()
    while let key = try json.nextName() {
      switch key {
      case "type":
        let type = try json.string()
        guard type == "BPE" else {
          throw json.error("model type `\(type)`; only BPE is supported", .unsupported)
        }
      case "vocab": try readVocabulary(&json)
      case "merges": try readMerges(&json)
      default: try json.skipValue()
      }
    }
  }

  /// Reads an object of spellings and ids: all of `vocab.json`, or a part of `tokenizer.json`.
  private mutating func readVocabulary(_ json: inout JSONReader) throws(JSONError) {
    // Reserve room for Qwen3's 151,643 spellings, to avoid rehashing.
    vocabulary.reserveCapacity(1 << 18)
    try json.beginObject()
    while let spelling = try json.nextName() { vocabulary[spelling.bytes] = try json.tokenID() }
  }

  /// Reads the merges; each is `"left right"` or `["left", "right"]`.
  private mutating func readMerges(_ json: inout JSONReader) throws(JSONError) {
    try json.beginArray()
    while try json.nextElement() {
      if json.peek() == UInt8(ascii: "[") {
        var spellings: [ArraySlice<UInt8>] = []
        try json.beginArray()
        while try json.nextElement() { spellings.append(try json.string().bytes) }
        guard spellings.count == 2 else { throw json.error("a merge is not a pair") }
        merges.append((spellings[0], spellings[1]))
      } else {
        guard let pair = Self.pair(in: try json.string().bytes) else {
          throw json.error("a merge is not two tokens separated by one space")
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

/// The added tokens and the padding token, which may occur in several files.
extension TokenizerContents {
  /// Reads `added_tokens.json`: one object that maps content to id.
  private mutating func readAddedTokens(_ json: inout JSONReader) throws(JSONError) {
    try json.beginObject()
    while let content = try json.nextName() { try add(content, id: try json.tokenID(), json) }
  }

  /// Reads `pad_token` and `added_tokens_decoder` of `tokenizer_config.json` or `special_tokens_map.json`.
  private mutating func readConfiguration(_ json: inout JSONReader) throws(JSONError) {
    try json.beginObject()
    while let key = try json.nextName() {
      switch key {
      case "pad_token":
        if let content = try readTokenContent(&json) { padToken = content }
      case "added_tokens_decoder":
        try json.beginObject()
        while let key = try json.nextName() {
          guard let id = key.decimal.flatMap({ Int32(exactly: $0) }) else {
            throw json.error("a key of `added_tokens_decoder` is not a token id")
          }
          try readAddedToken(&json, id: id)
        }
      default: try json.skipValue()
      }
    }
  }

  /// Reads one added token's object; its id is a member, or is the key of the object.
  private mutating func readAddedToken(
    _ json: inout JSONReader, id: Int32?
  ) throws(JSONError) {
    var id = id
    var content: ByteString?
    try json.beginObject()
    while let key = try json.nextName() {
      switch key {
      case "id": id = try json.tokenID()
      case "content": content = try json.string()
      case "lstrip", "rstrip", "single_word", "normalized":
        guard try !json.boolean() else {
          throw json.error("added tokens with `\(key)` are not supported")
        }
      default: try json.skipValue()
      }
    }
    guard let id, let content else { throw json.error("an added token lacks id or content") }
    try add(content, id: id, json)
  }

  /// Reads a token given as its content or as an object that contains it; nil for `null`.
  private func readTokenContent(
    _ json: inout JSONReader
  ) throws(JSONError) -> ByteString? {
    switch json.peek() {
    case UInt8(ascii: "\""): return try json.string()
    case UInt8(ascii: "{"):
      var content: ByteString?
      try json.beginObject()
      while let key = try json.nextName() {
        if key == "content" {
          content = try json.string()
        } else {
          try json.skipValue()
        }
      }
      return content
    default:
      try json.skipValue()
      return nil
    }
  }

  /// Registers an added token; several files may list the same token if the ids agree.
  private mutating func add(
    _ content: ByteString, id: Int32, _ json: JSONReader
  ) throws(JSONError) {
    guard !content.isEmpty else { return }
    if let earlier = addedTokens.updateValue(id, forKey: content), earlier != id {
      throw json.error("added token `\(content)` has the ids \(earlier) and \(id)")
    }
  }
}

extension JSONReader {
  /// Reads a number and checks that it is a valid token id.
  fileprivate mutating func tokenID() throws(JSONError) -> Int32 {
    let number = try wholeNumber()
    guard let id = Int32(exactly: number) else {
      throw error("expected a token id, a whole number from 0 to \(Int32.max)")
    }
    return id
  }
}

/// The files of one tokenizer directory.
struct TokenizerFiles {
  /// A file's bytes and its name in errors.
  struct Contents {
    let bytes: [UInt8]
    let path: String
  }

  let directory: String
  /// Size limit in bytes; Qwen3's largest file, tokenizer.json, has 11 MB.
  private static let byteLimit = 64 << 20

  /// Reads a file; returns nil if it does not exist.
  func read(_ name: String) throws(TokenizationError) -> Contents? {
    let path = directory + "/" + name
    do {
      let isJSON = name.utf8.suffix(5).elementsEqual(".json".utf8)
      let bytes = try BoundedFile.bytes(
        of: path, limit: Self.byteLimit, expecting: isJSON ? .json : .text)
      return Contents(bytes: bytes, path: path)
    } catch .missing {
      return nil
    } catch .wrongKind(let words) {
      throw TokenizationError(code: .malformed, file: path, detail: words)
    } catch {
      throw TokenizationError(code: .unreadable, file: path, detail: "\(error)")
    }
  }
}
