/// Qwen2's byte-level BPE tokenizer, as the text encoder of FLUX.2 [klein] uses it (spec §2).
///
/// text → split at added tokens → NFC → words → bytes → merges → ids
public struct Tokenizer: Sendable {
  /// The id of the token that pads a prompt to its fixed length.
  public let padID: Int32
  private let addedTokens: AddedTokens
  private let words: BytePairEncoder

  /// Loads a tokenizer directory: `tokenizer.json` when there is one, otherwise `vocab.json` and
  /// `merges.txt`; with either, the added tokens of `tokenizer_config.json` and `added_tokens.json`.
  public init(directory: String) throws(TokenizationError) {
    try self.init(try TokenizerContents(directory: directory), directory: directory)
  }

  /// Builds the tables.
  /// - Parameters:
  ///   - contents: The parsed files.
  ///   - directory: The directory that errors name.
  init(_ contents: TokenizerContents, directory: String) throws(TokenizationError) {
    words = try BytePairEncoder(
      vocabulary: contents.vocabulary, mergeList: contents.merges, file: directory)
    addedTokens = AddedTokens(contents.addedTokens)
    padID = try contents.padID(in: directory)
  }

  /// Returns the token ids of `text`, without chat template or padding.
  public func encode(_ text: String) -> [Int32] {
    var ids: [Int32] = []
    for piece in addedTokens.split(text) {
      switch piece {
      case .token(let id): ids.append(id)
      case .text(let text):
        PreTokenizer(NormalFormC.normalize(text)).forEachWord { words.encode($0, into: &ids) }
      }
    }
    return ids
  }

  /// Encodes the prompt in its chat template, truncated or padded to `length` tokens.
  public func encodeChat(prompt: String, length: Int) -> PromptTokens {
    PromptTokens(encode(ChatTemplate.render(prompt)), length: length, padID: padID)
  }

  /// Returns the number of a prompt's own tokens, and how many of them remain if its chat is
  /// truncated to `length`.
  ///
  /// Truncation removes the end of the template first, because it follows the prompt.
  public func promptCounts(_ prompt: String, length: Int) -> (own: Int, read: Int) {
    let own = encode(prompt).count
    return (own, max(min(own, length - encode(ChatTemplate.opening).count), 0))
  }
}

/// The only form of Qwen3's chat template that the pipeline uses (spec §2.3): a single user turn,
/// no system turn, thinking disabled.
enum ChatTemplate {
  /// The text before a prompt.
  static let opening = "<|im_start|>user\n"

  /// Wraps `prompt`, without stripping or escaping; it may be empty.
  static func render(_ prompt: String) -> String {
    opening + prompt
      + "<|im_end|>\n<|im_start|>assistant\n<think>\n\n</think>\n\n"
  }
}

/// A chat-wrapped prompt as the text encoder expects it: a fixed number of ids, padded.
public struct PromptTokens: Sendable, Equatable {
  /// Token ids, `[L]`: the prompt's tokens, truncated at the end if there are too many, then
  /// padding.
  public let ids: [Int32]
  /// The number of tokens before the padding; the attention mask is 1 for these and 0 for the rest.
  public let count: Int

  /// Truncates or pads `tokens` at the end to `length` (spec §2.4).
  init(_ tokens: [Int32], length: Int, padID: Int32) {
    count = min(tokens.count, max(length, 0))
    ids = tokens.prefix(count) + Array(repeating: padID, count: max(length, 0) - count)
  }
}
