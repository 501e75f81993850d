import Flux2
import Imaging

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
    try Self.check(prompt: prompt, limits: limits)
    try Self.check(.stepCount, stepCount, in: RequestParameter.stepCounts)
    try Self.check(.guidanceScale, guidanceScale, in: RequestParameter.guidanceScales)
    if let strength { try Self.check(.strength, strength, in: RequestParameter.strengths) }
    if let loraStrength {
      try Self.check(.loraStrength, loraStrength, in: RequestParameter.loraStrengths)
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
    let (size, lora) = (try snappedSize(under: limits), try plannedLoRA(from: registry))
    var request = PipelineRequest(
      prompt: prompt, width: size.width, height: size.height, seed: seed ?? Self.drawnSeed,
      stepCount: stepCount)
    request.guidanceScale = guidanceScale
    request.references = prepared
    // Strength applies only to a single source.
    if prepared.count == 1 { request.strength = strength ?? RequestParameter.defaultStrength }
    return RenderPlan(
      request: request, lora: lora,
      warnings: warnings.merging(
        promptWarnings + sizeWarnings(size, under: limits) + seedWarnings
          + defaults.warnings(stepCount: stepCount, guidanceScale: guidanceScale)
          + strengthWarnings(hasLoRA: lora != nil)))
  }

  /// A random seed of 32 bits, because the noise generator uses no more.
  private static var drawnSeed: UInt64 { UInt64(UInt32.random(in: 0 ... .max)) }

  private func plannedLoRA(
    from registry: LoRARegistry
  ) throws(RenderError) -> RenderPlan.LoRA? {
    switch lora {
    case .name(let name):
      guard let entry = try registry.entry(named: name) else { return nil }
      var lora = RenderPlan.LoRA(
        name: name, file: entry.file, strength: loraStrength ?? entry.defaultStrength)
      lora.adapter = entry.adapter
      return lora
    case .file(let path):
      return RenderPlan.LoRA(
        name: path.split(separator: "/").last.map { String($0) } ?? path, file: path,
        strength: loraStrength ?? RequestParameter.defaultLoRAStrength)
    }
  }

  private static func check(prompt: String, limits: RenderLimits) throws(RenderError) {
    let scalars = prompt.unicodeScalars
    guard limits.allowsEmptyPrompt || !isBlank(prompt) else {
      throw RenderError(
        .invalidRequest, of: .prompt,
        scalars.isEmpty
          ? "the prompt is empty"
          : "the prompt is blank: it has only white space and characters that show nothing")
    }
    let longest = RequestParameter.promptLengths.upperBound
    guard scalars.count <= longest else {
      throw RenderError(
        .invalidRequest, of: .prompt,
        "the prompt has \(scalars.count) characters; at most \(longest) are allowed")
    }
    guard !scalars.contains("\0") else {
      throw RenderError(.invalidRequest, of: .prompt, "the prompt contains a NUL character")
    }
  }

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
