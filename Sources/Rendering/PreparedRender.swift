import Flux2
import Imaging

/// A plan that a model is ready to render: its LoRAs are open, its prompt tokenised, its memory estimated.
///
/// `Renderer.prepare(_:)` makes it once for a request. The response, its account of tokens, the reserved
/// memory and the image's metadata all use it.
public struct PreparedRender: Sendable {
  /// The checked request.
  public private(set) var plan: RenderPlan
  /// Tokens of the prompt that the model reads: its own, without template and padding.
  public let promptTokenCount: Int
  /// The most memory that the activations occupy at once, in bytes, estimated; weights and references
  /// come on top.
  public let activationByteCount: Int
  /// The plan's warnings, and after them the model's.
  public let warnings: [RenderWarning]

  /// - Parameter warnings: The model's warnings.
  package init(
    _ plan: RenderPlan, promptTokenCount: Int, activationByteCount: Int,
    warnings: [RenderWarning] = []
  ) {
    self.plan = plan
    self.promptTokenCount = promptTokenCount
    self.activationByteCount = activationByteCount
    self.warnings = plan.warnings.merging(warnings)
  }

  /// Returns the render of one of the images, which differ in their seeds alone.
  /// - Parameter index: Its position, from 0.
  public func image(_ index: Int) -> PreparedRender {
    var render = self
    render.plan.request.seed = plan.seed(ofImage: index)
    return render
  }
}

extension Renderer {
  /// Opens the LoRAs of a plan that are not open yet, tokenises its prompt and estimates its memory.
  /// - Throws: `Flux2Error` for a LoRA file that cannot be used.
  public func prepare(_ plan: RenderPlan) throws -> PreparedRender {
    var plan = plan
    for (index, lora) in plan.loras.enumerated() where lora.adapter == nil {
      plan.loras[index].adapter = try pipeline.loadAdapter(file: lora.file)
    }
    let prompt = pipeline.reading(of: plan.request.prompt)
    return PreparedRender(
      plan, promptTokenCount: prompt.readTokenCount,
      activationByteCount: pipeline.activationByteCount(
        width: plan.size.width, height: plan.size.height,
        references: plan.request.references.map { ($0.width, $0.height) }),
      warnings: prompt.warnings(about: "the prompt") + negativePromptWarnings(plan)
        + croppingWarnings(plan.size)
        + plan.loras.flatMap { $0.adapter?.renderWarnings ?? [] })
  }

  /// The share of the drawn pixels above which cropping is warned of: at the usual sizes, up to twice as
  /// wide as high, the embedded model loses less.
  private static let croppedShare = 0.3

  /// Warns of what the model does not read of a negative prompt.
  private func negativePromptWarnings(_ plan: RenderPlan) -> [RenderWarning] {
    let prompt = plan.request.negativePrompt
    return prompt.isEmpty ? [] : pipeline.reading(of: prompt).warnings(about: "the negative prompt")
  }

  /// Warns of a size for which much of what the model draws is cut away.
  private func croppingWarnings(_ size: PixelSize) -> [RenderWarning] {
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
  /// Warns of tokens that the model does not read, and of words that it was never taught.
  /// - Parameter prompt: The name of the prompt in the message.
  fileprivate func warnings(about prompt: String) -> [RenderWarning] {
    var warnings: [RenderWarning] = []
    if readTokenCount < tokenCount {
      warnings.append(
        RenderWarning(
          .promptTruncated,
          "\(prompt) has \(tokenCount) tokens, of which the model reads the first \(readTokenCount)"
        ))
    }
    if let modelName, !unknownWords.isEmpty {
      warnings.append(
        RenderWarning(.unknownWords, "\(modelName) does not know: \(Self.list(unknownWords))"))
    }
    return warnings
  }

  /// The most words that a warning lists, and the most characters of each.
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

extension Adapter {
  /// Its warnings for whoever renders with it.
  fileprivate var renderWarnings: [RenderWarning] {
    warnings.map { warning in
      let code: RenderWarning.Code =
        switch warning.kind {
        case .scaleConflict: .adapterAlphaConflict
        case .keyIgnored: .adapterKeyIgnored
        case .keyRepeated: .repeatedKey
        }
      return RenderWarning(code, "the LoRA: \(warning.message)")
    }
  }
}
