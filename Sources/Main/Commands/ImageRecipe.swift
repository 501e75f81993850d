import Imaging
import Rendering

/// What made an image, as its file says, for `--from` to make it once more.
struct ImageRecipe {
  /// What the file says.
  let metadata: RenderMetadata
  private let path: String
  /// Whether the command asks for nothing but the image.
  private let isUnchanged: Bool

  /// Reads an image.
  /// - Parameters:
  ///   - path: A PNG file that Iris wrote, or `-`.
  ///   - invocation: The command that is to make it again.
  init(_ path: String, for invocation: Invocation) throws {
    self.path = InputFile.name(of: path)
    isUnchanged = invocation.operand == nil && !Self.changes.contains { invocation.has($0) }
    let texts = try ImageFile.read(path) { bytes throws(ImagingError) in
      try PNGTextReader.read(bytes)
    }
    guard let metadata = RenderMetadata(pngText: texts) else {
      throw CommandFailure(
        "\(self.path) does not say what made it; only images that Iris wrote do")
    }
    self.metadata = metadata
    try checkCommand(invocation)
  }

  private func checkCommand(_ invocation: Invocation) throws(UsageError) {
    let count = metadata.referenceCount ?? 0
    switch invocation.command {
    case .generate where count > 0:
      let images = Array(
        repeating: "--image FILE", count: min(count, RequestParameter.referenceCounts.upperBound)
      ).joined(separator: " ")
      throw UsageError(
        "\(path) was made from \(Self.images(count)), which it does not hold; repeat it by: "
          + "iris edit --from \(path) \(images)")
    case .edit where count == 0:
      throw UsageError("\(path) was made from no image; repeat it by: iris generate --from \(path)")
    default: break
    }
  }

  /// Makes sure that an edit is given as many images as it was made from.
  func check(imageCount: Int) throws(UsageError) {
    let count = metadata.referenceCount ?? 0
    guard imageCount != count else { return }
    throw UsageError(
      "\(path) was made from \(Self.images(count)), which it does not hold; give the same by --image, "
        + "in the same order: it is given \(imageCount) times")
  }

  /// The LoRA, which the file knows by its name alone.
  func lora(registry: LoRARegistry) throws(UsageError) -> LoRASelection {
    let name = metadata.lora
    guard !registry.offers(name) else { return .name(name) }
    throw UsageError(
      "\(path) was made with the LoRA \(name), which is not in the registry; name its file by --lora, "
        + "or leave it out by --lora none")
  }

  /// What there is to say if another model is loaded than the one that made it.
  func warnings(about modelHash: String) -> [RenderWarning] {
    guard modelHash != metadata.modelHash else { return [] }
    return [
      RenderWarning(
        .otherModel,
        "\(path) was made by another model (\(metadata.modelHash.prefix(12)), this is "
          + "\(modelHash.prefix(12))): the new image will differ")
    ]
  }

  /// What the file says was asked for in vain, if the same model is to make the same image: it holds
  /// only what came about, so that nobody could tell any more, and the new file would differ.
  func recordedWarnings(for modelHash: String) -> [RenderWarning] {
    guard isUnchanged, modelHash == metadata.modelHash else { return [] }
    return metadata.warnings.filter { Self.askedInVain.contains($0.code) }
  }

  /// Options that make another image.
  private static let changes: [Option] = [
    .size, .seed, .count, .steps, .guidance, .strength, .lora, .loraStrength,
  ]

  /// Kinds that are about the request alone; what is about files is found again if it is still so.
  private static let askedInVain = Set(
    [
      RenderWarning.Code.blankPrompt, .sizeRounded, .sizeScaled, .seedReduced, .baseModelSteps,
      .baseModelGuidance, .loraStrengthUnused, .strengthUnused, .parameterIgnored,
      .previewsReduced,
    ].map(\.rawValue))

  private static func images(_ count: Int) -> String { count == 1 ? "an image" : "\(count) images" }
}
