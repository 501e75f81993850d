import Flux2
import Imaging
import Rendering
import Tensors

/// The parameters recorded in an image file, which `--from` takes as defaults.
struct RecordedParameters {
  /// The recorded parameters.
  let metadata: RenderMetadata
  private let path: String
  /// True if no option asks for a different image.
  private let isUnchanged: Bool

  /// Reads an image.
  /// - Parameters:
  ///   - path: A file that Iris wrote, or `-`.
  ///   - invocation: The command line with `--from`.
  init(_ path: String, for invocation: Invocation) throws {
    self.path = InputFile.name(of: path)
    isUnchanged = invocation.operand == nil && !Self.changes.contains { invocation.has($0) }
    let texts = try InputFile.readImage(path) { bytes throws(ImagingError) in
      try ImageTextReader.read(bytes)
    }
    guard let metadata = RenderMetadata(texts: texts) else {
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

  /// Throws unless an edit has as many images as the recorded one.
  func check(imageCount: Int) throws(UsageError) {
    let count = metadata.referenceCount ?? 0
    guard imageCount != count else { return }
    throw UsageError(
      "\(path) was made from \(Self.images(count)), which it does not hold; give the same by --image, "
        + "in the same order: it is given \(imageCount) times")
  }

  /// Throws if a mask kept parts of the recorded image's source, which is not recorded.
  func checkAbsentMask() throws(UsageError) {
    guard metadata.hasMask else { return }
    throw UsageError(
      "\(path) was made with a mask, which it does not hold; give it by \(Option.mask.spelling)")
  }

  /// The LoRAs, of which only names and strengths are recorded.
  func loras(registry: LoRARegistry) throws(UsageError) -> [RequestedLoRA] {
    if let unknown = metadata.loras.first(where: { !registry.offers($0.name) }) {
      throw UsageError(
        "\(path) was made with the LoRA \(unknown.name), which is not in the registry; name its file by "
          + "--lora, or leave it out by --lora none")
    }
    return metadata.loras.map { RequestedLoRA(.name($0.name), strength: $0.strength) }
  }

  /// The precision as it would be asked for; nil if none is recorded.
  var precision: PrecisionMode? {
    metadata.precision.flatMap { PrecisionMode(rawValue: $0.rawValue) }
  }

  /// Opens the provider that multiplied; nil if none is recorded, as by versions before precisions.
  func products() throws -> ProductChoice? {
    guard metadata.precision != nil else { return nil }
    do {
      return try ProductChoice(metadata.products ?? .iris)
    } catch {
      throw CommandFailure(
        "\(path) was multiplied otherwise than here (\(error)); with \(Option.products.spelling) "
          + "\(ProductProvider.iris.rawValue) the new image will differ slightly")
    }
  }

  /// Warns if another model made the image; else repeats the recorded warnings, if the same image is to
  /// be made again.
  ///
  /// The file has only the resulting parameters, so that the request's warnings would not arise again, and
  /// the new file would differ from this one.
  func warnings(for modelHash: String) -> [RenderWarning] {
    guard modelHash == metadata.modelHash else {
      return [
        RenderWarning(
          .otherModel,
          "\(path) was made by another model (\(metadata.modelHash.prefix(12)), this is "
            + "\(modelHash.prefix(12))): the new image will differ")
      ]
    }
    return isUnchanged ? metadata.warnings.filter { Self.requestWarnings.contains($0.code) } : []
  }

  /// Options that change the image.
  private static let changes: [Option] = [
    .size, .seed, .count, .steps, .guidance, .negativePrompt, .editMode, .strength, .mask, .lora,
    .loraStrength, .precision, .products,
  ]

  /// Codes of warnings about the request alone; warnings about files arise again if they still hold.
  private static let requestWarnings = Set(
    [
      RenderWarning.Code.blankPrompt, .sizeRounded, .sizeScaled, .seedReduced, .baseModelSteps,
      .baseModelGuidance, .loraStrengthUnused, .strengthUnused, .parameterIgnored,
      .previewsReduced, .negativePromptUnused,
    ].map(\.rawValue))

  private static func images(_ count: Int) -> String { count == 1 ? "an image" : "\(count) images" }
}
