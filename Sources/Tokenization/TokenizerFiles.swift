import FoundationEssentials

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
    guard FileManager.default.fileExists(atPath: path) else { return nil }
    do {
      let size = try FileManager.default.attributesOfItem(atPath: path)[.size] as? UInt64
      guard let size, size <= Self.byteLimit else {
        throw TokenizationError(
          code: .unreadable, file: path,
          detail: "larger than the \(Self.byteLimit >> 20) MB allowed")
      }
      return Contents(bytes: Array(try Data(contentsOf: URL(filePath: path))), path: path)
    } catch let error as TokenizationError {
      throw error
    } catch {
      throw TokenizationError(code: .unreadable, file: path, detail: "cannot be read")
    }
  }
}
