internal import Files

/// The files of one tokenizer directory.
struct TokenizerFiles {
  /// A file's bytes and the name that errors give it.
  struct Contents {
    let bytes: [UInt8]
    let path: String
  }

  let directory: String
  /// Qwen3's largest file, tokenizer.json, has 11 MB.
  private static let byteLimit = 64 << 20

  /// The bytes of a file, or nil where there is none of that name.
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
