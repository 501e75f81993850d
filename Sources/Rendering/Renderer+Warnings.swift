internal import Flux2

extension Renderer {
  /// An image may lose this share of what the model draws before it is worth a word: at the sizes people
  /// ask for, up to twice as wide as high, the embedded model loses less.
  private static let croppedShare = 0.3

  /// What to say of a size for which much of what the model draws is cut away.
  func croppingWarnings(_ size: PixelSize) -> [RenderWarning] {
    let rendering = pipeline.rendering(width: size.width, height: size.height)
    let lost = 1 - rendering.shown
    guard lost > Self.croppedShare else { return [] }
    return [
      RenderWarning(
        .renderCropped,
        "the image is rendered at \(rendering.width)x\(rendering.height) and cropped to the shape of "
          + "\(size): \(Int((lost * 100).rounded())) % is cut away")
    ]
  }
}

extension PromptReading {
  /// What to say of a prompt of which something is not taken in.
  var warnings: [RenderWarning] {
    var warnings: [RenderWarning] = []
    if readTokenCount < tokenCount {
      warnings.append(
        RenderWarning(
          .promptTruncated,
          "the prompt has \(tokenCount) tokens, of which the model reads the first \(readTokenCount)"
        ))
    }
    if let modelName, !unknownWords.isEmpty {
      warnings.append(
        RenderWarning(.unknownWords, "\(modelName) does not know: \(Self.list(unknownWords))"))
    }
    return warnings
  }

  /// Words shown of a list, and characters of each.
  private static let (wordLimit, lengthLimit) = (8, 24)

  private static func list(_ words: [String]) -> String {
    let shown = words.prefix(wordLimit).map { word in
      let scalars = word.unicodeScalars
      return scalars.count <= lengthLimit
        ? word : String(String.UnicodeScalarView(scalars.prefix(lengthLimit))) + "…"
    }
    let rest = words.count - shown.count
    return shown.joined(separator: ", ") + (rest > 0 ? " and \(rest) more" : "")
  }
}
