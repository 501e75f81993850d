import Flux2
import Rendering

/// What there is to say about a model that belongs to no request.
enum ModelWarnings {
  /// All of it.
  static func about(indexKeys: [String], repeatedKeys: [RepeatedKey]) -> [RenderWarning] {
    misspelt(indexKeys)
      + repeatedKeys.map {
        RenderWarning(.repeatedKey, "\($0.file) has the key `\($0.key)` twice; the last one counts")
      }
  }

  /// Keys of `model_index.json` that look like one that means something, and mean nothing.
  ///
  /// Diffusers and others keep keys of their own there, which are none of our business.
  private static func misspelt(_ indexKeys: [String]) -> [RenderWarning] {
    indexKeys.compactMap { key in
      guard !ModelIndex.knownKeys.contains(key),
        let guess = Suggestion.closest(to: key, among: ModelIndex.knownKeys)
      else { return nil }
      return RenderWarning(
        .unknownKey,
        "model_index.json has the key `\(key)`, which means nothing; did you mean \(guess)?")
    }
  }
}
