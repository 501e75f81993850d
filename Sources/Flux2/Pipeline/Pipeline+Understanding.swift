internal import Tokenization

/// What a model takes in of a prompt.
public struct PromptReading: Sendable, Equatable {
  /// Tokens of the prompt itself, without template and padding.
  public let tokenCount: Int
  /// How many of them the model reads: the first ones.
  public let readTokenCount: Int
  /// What the model is called where it brings a list of the words that it was taught.
  public let modelName: String?
  /// The prompt's words that are not in the list, in their order.
  public let unknownWords: [String]
}

/// What a model makes of a request, found out without rendering it.
extension Pipeline {
  /// What the model takes in of a prompt.
  public func reading(of prompt: String) -> PromptReading {
    let counts = model.tokenizer.promptCounts(prompt, length: model.promptLength)
    return PromptReading(
      tokenCount: counts.own, readTokenCount: counts.read, modelName: model.vocabulary?.name,
      unknownWords: model.vocabulary?.unknownWords(of: prompt) ?? [])
  }

  /// Tokens of a prompt that the model reads: its own, without template and padding.
  public func readTokenCount(of prompt: String) -> Int {
    model.tokenizer.promptCounts(prompt, length: model.promptLength).read
  }

  /// The size that is rendered for an image of some size, and the share of it that the image shows.
  public func rendering(width: Int, height: Int) -> (width: Int, height: Int, shown: Double) {
    let geometry = geometry(
      of: PipelineRequest(
        prompt: "", width: max(width, 1), height: max(height, 1), seed: 0, stepCount: 1))
    let shown = Double(geometry.shownWidth * geometry.shownHeight)
    return (
      geometry.renderedWidth, geometry.renderedHeight, shown / Double(geometry.renderedPixelCount)
    )
  }
}
