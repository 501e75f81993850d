import Flux2
import Imaging
package import Text

extension RenderRequest {
  /// Validates every field and fills in the defaults.
  /// - Parameters:
  ///   - limits: The limits on requests.
  ///   - registry: The LoRAs that requests may name.
  ///   - defaults: The model's defaults.
  /// - Returns: The validated request.
  public func validated(
    under limits: RenderLimits, registry: LoRARegistry, defaults: RenderDefaults
  ) throws(RenderError) -> RenderPlan {
    let stepCount = stepCount ?? defaults.stepCount
    let guidanceScale = guidanceScale ?? defaults.guidanceScale
    let prompt = try Self.checkedPrompt(ByteString(prompt), under: limits)
    try Self.check(.stepCount, stepCount, in: RequestParameter.stepCounts)
    try Self.check(.guidanceScale, guidanceScale, in: RequestParameter.guidanceScales)
    if let strength { try Self.check(.strength, strength, in: RequestParameter.strengths) }
    if let loraStrength {
      try Self.check(.loraStrength, loraStrength, in: limits.loraStrengths)
    }
    if let seed { try Self.check(.seed, seed, in: RequestParameter.seeds) }
    let mostReferences = RequestParameter.referenceCounts.upperBound
    guard references.count <= mostReferences else {
      throw RenderError(
        .invalidRequest, of: .images,
        "\(references.count) images given; at most \(mostReferences) are allowed")
    }
    var prepared: [Raster] = []
    for (index, image) in references.enumerated() {
      prepared.append(try ReferenceImage.prepared(image, number: index + 1))
    }
    let size = try snappedSize(under: limits)
    let loras = try plannedLoRAs(from: registry, under: limits)
    var request = PipelineRequest(
      prompt: prompt, width: size.width, height: size.height, seed: seed ?? Self.drawnSeed,
      stepCount: stepCount)
    request.guidanceScale = guidanceScale
    request.references = prepared
    // Strength applies only to a single source.
    if prepared.count == 1 { request.strength = strength ?? RequestParameter.defaultStrength }
    return RenderPlan(
      request: request, loras: loras,
      warnings: warnings.merging(
        promptWarnings + sizeWarnings(size, under: limits) + seedWarnings
          + defaults.warnings(stepCount: stepCount, guidanceScale: guidanceScale)
          + strengthWarnings(hasLoRA: lora != .none)))
  }

  /// A random seed of 32 bits, because the noise generator uses no more.
  private static var drawnSeed: UInt64 { UInt64(UInt32.random(in: 0 ... .max)) }

  /// NaN is in no range.
  private static func check<Value: Comparable>(
    _ parameter: RequestParameter, _ value: Value, in range: ClosedRange<Value>
  ) throws(RenderError) {
    guard range.contains(value) else {
      throw RenderError(
        .invalidRequest, of: parameter,
        "\(parameter.name) is \(value); allowed is \(range.lowerBound) to \(range.upperBound)")
    }
  }

  private func snappedSize(under limits: RenderLimits) throws(RenderError) -> PixelSize {
    guard let size else {
      return limits.ownSize(of: firstImageSize)
    }
    let isEdit = !references.isEmpty
    guard let fitted = limits.fitted(size, isEdit: isEdit) else {
      throw RenderError(
        .invalidRequest, of: .size,
        "size is \(size); \(limits.allowedSizes(isEdit: isEdit))")
    }
    return SizePolicy.snapped(fitted)
  }
}

extension RenderRequest {
  /// Checks a prompt from outside: its length, NUL characters, and that it says something.
  /// - Parameters:
  ///   - prompt: The prompt; its length is checked before it becomes a `String`.
  ///   - limits: Tells whether it may be empty or blank.
  /// - Returns: The prompt, unaltered.
  package static func checkedPrompt(
    _ prompt: ByteString, under limits: RenderLimits
  ) throws(RenderError) -> String {
    func refuse(_ problem: String) -> RenderError {
      RenderError(.invalidRequest, of: .prompt, "the prompt \(problem)")
    }
    guard limits.allowsEmptyPrompt || !prompt.isEmpty else { throw refuse("is empty") }
    // Every character begins with one byte that does not go on with another.
    let count = prompt.count { $0 & 0xC0 != 0x80 }
    let longest = RequestParameter.promptLengths.upperBound
    guard count <= longest else {
      throw refuse("has \(count) characters; at most \(longest) are allowed")
    }
    guard !prompt.contains(0) else { throw refuse("contains a NUL character") }
    guard let text = prompt.string(limit: prompt.count) else { throw refuse("is not UTF-8") }
    guard limits.allowsEmptyPrompt || !isBlank(text) else {
      throw refuse("is blank: it has only white space and characters that show nothing")
    }
    return text
  }
}
