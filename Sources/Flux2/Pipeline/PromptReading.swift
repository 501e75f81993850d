import Tokenization

/// The tokens of a prompt that a model reads, and the words that it does not know.
public struct PromptReading: Sendable, Equatable {
  /// Tokens of the prompt itself, without template and padding.
  public let tokenCount: Int
  /// The number of them that the model reads: the first ones.
  public let readTokenCount: Int
  /// The model's name, where it brings a list of the words that it was taught.
  public let modelName: String?
  /// The prompt's words that are not in the list, in their order.
  public let unknownWords: [String]
}

// Properties of a request that need no render.
extension Pipeline {
  /// Tokenizes a prompt and looks its words up.
  public func reading(of prompt: String) -> PromptReading {
    let counts = model.tokenizer.promptCounts(prompt, length: model.promptLength)
    return PromptReading(
      tokenCount: counts.own, readTokenCount: counts.read, modelName: model.vocabulary?.name,
      unknownWords: model.vocabulary?.unknownWords(of: prompt) ?? [])
  }

  /// Returns the size that is rendered for an image of some size, in pixels, and the share of it, 0…1, that
  /// the image shows.
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
