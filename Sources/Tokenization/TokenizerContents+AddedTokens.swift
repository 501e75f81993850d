internal import Text

/// Reading added tokens and the padding token, which several files list.
extension TokenizerContents {
  /// Reads `added_tokens.json`: one object, content to id.
  mutating func readAddedTokensFile(_ file: TokenizerFiles.Contents) throws(TokenizationError) {
    var reader = TokenizerJSON(file.bytes, file: file.path)
    try reader.beginObject()
    while let content = try reader.nextKey() {
      try add(content, id: try reader.tokenID(), reader: reader)
    }
    try reader.end()
  }

  /// Reads what concerns us of `tokenizer_config.json` or `special_tokens_map.json`: `pad_token` and
  /// `added_tokens_decoder`.
  mutating func readConfiguration(_ file: TokenizerFiles.Contents) throws(TokenizationError) {
    var reader = TokenizerJSON(file.bytes, file: file.path)
    try reader.beginObject()
    while let key = try reader.nextKey() {
      switch key {
      case "pad_token":
        if let content = try readTokenContent(&reader) { padToken = content }
      case "added_tokens_decoder":
        try reader.beginObject()
        while let key = try reader.nextKey() {
          guard let id = TokenizerJSON.tokenID(key) else {
            throw reader.malformed("a key of `added_tokens_decoder` is not a token id")
          }
          try readAddedToken(&reader, id: id)
        }
      default: try reader.skipValue()
      }
    }
    try reader.end()
  }

  /// Reads one added token's object; its id is inside, or is the key it stands under.
  mutating func readAddedToken(
    _ reader: inout TokenizerJSON, id: Int32?
  ) throws(TokenizationError) {
    var id = id
    var content: ByteString?
    try reader.beginObject()
    while let key = try reader.nextKey() {
      switch key {
      case "id": id = try reader.tokenID()
      case "content": content = try reader.string()
      case "lstrip", "rstrip", "single_word", "normalized":
        guard try !reader.boolean() else {
          throw reader.malformed(
            "added tokens with `\(key)` are not supported")
        }
      default: try reader.skipValue()
      }
    }
    guard let id, let content else { throw reader.malformed("an added token lacks id or content") }
    try add(content, id: id, reader: reader)
  }

  /// A token given by its content or by an object that holds it; nil for `null`.
  private func readTokenContent(
    _ reader: inout TokenizerJSON
  ) throws(TokenizationError) -> ByteString? {
    switch reader.peek() {
    case UInt8(ascii: "\""): return try reader.string()
    case UInt8(ascii: "{"):
      var content: ByteString?
      try reader.beginObject()
      while let key = try reader.nextKey() {
        if key == "content" {
          content = try reader.string()
        } else {
          try reader.skipValue()
        }
      }
      return content
    default:
      try reader.skipValue()
      return nil
    }
  }
}
