/// A chat-wrapped prompt as the text encoder takes it: a fixed number of ids and how many are real.
public struct PromptTokens: Sendable, Equatable {
  /// Token ids, `[L]`: the real tokens, cut at the end if there are too many, then padding.
  public let ids: [Int32]
  /// How many of `ids` are real; the attention mask is 1 for these and 0 for the rest.
  public let count: Int

  /// Cuts or pads `tokens` to `length`, both at the end (spec §2.4).
  init(_ tokens: [Int32], length: Int, padID: Int32) {
    count = min(tokens.count, max(length, 0))
    ids = tokens.prefix(count) + Array(repeating: padID, count: max(length, 0) - count)
  }
}
