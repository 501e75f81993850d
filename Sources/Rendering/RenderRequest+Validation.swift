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
    try checkRanges(under: limits)
    let loras = try plannedLoRAs(from: registry, under: limits)
    let request = try pipelineRequest(under: limits, defaults: defaults)
    return RenderPlan(
      request: request, imageCount: imageCount, loras: loras,
      encoding: ImageEncoding(
        outputFormat, quality: outputQuality ?? ImageEncoding.defaultQuality),
      warnings: warnings.merging(
        promptWarnings
          + sizeWarnings(
            PixelSize(width: request.width, height: request.height), under: limits)
          + seedWarnings
          + defaults.warnings(stepCount: request.stepCount, guidanceScale: request.guidanceScale)
          + strengthWarnings(hasLoRA: lora != .none) + maskWarnings
          + negativePromptWarnings(guidanceScale: request.guidanceScale) + outputWarnings))
  }

  private func checkRanges(under limits: RenderLimits) throws(RenderError) {
    try Self.check(.stepCount, stepCount, in: RequestParameter.stepCounts)
    try Self.check(.guidanceScale, guidanceScale, in: RequestParameter.guidanceScales)
    try Self.check(.strength, strength, in: RequestParameter.strengths)
    try Self.check(.loraStrength, loraStrength, in: limits.loraStrengths)
    try Self.check(.seed, seed, in: RequestParameter.seeds)
    try Self.check(.outputCompression, outputQuality, in: ImageEncoding.qualities)
    try Self.check(.imageCount, imageCount, in: limits.imageCounts)
    let mostReferences = RequestParameter.referenceCounts.upperBound
    guard references.count <= mostReferences else {
      throw RenderError(
        .invalidRequest, of: .images,
        "\(references.count) images given; at most \(mostReferences) are allowed")
    }
  }

  private func pipelineRequest(
    under limits: RenderLimits, defaults: RenderDefaults
  ) throws(RenderError) -> PipelineRequest {
    let prompt = try Self.checkedPrompt(ByteString(prompt), under: limits)
    let negativePrompt = try Self.checkedNegativePrompt(ByteString(negativePrompt ?? ""))
    var prepared: [Raster] = []
    for (index, image) in references.enumerated() {
      prepared.append(try ReferenceImage.prepared(image, number: index + 1))
    }
    let size = try snappedSize(under: limits)
    var request = PipelineRequest(
      prompt: prompt, width: size.width, height: size.height, seed: try firstSeed(),
      stepCount: stepCount ?? defaults.stepCount)
    request.guidanceScale = guidanceScale ?? defaults.guidanceScale
    request.negativePrompt = request.guidanceScale > 1 ? negativePrompt : ""
    request.references = prepared
    request.mask = try plannedMask()
    if request.source != nil { request.strength = plannedStrength(under: limits) }
    return request
  }

  /// The seed of the first image; a random one has 32 bits, because the noise generator uses no more.
  private func firstSeed() throws(RenderError) -> UInt64 {
    let more = imageCount - 1
    guard let seed else { return UInt64(UInt32.random(in: 0...(.max - UInt32(more)))) }
    let last = RequestParameter.seeds.upperBound
    guard last - seed >= UInt64(more) else {
      throw RenderError(
        .invalidRequest, of: .seed,
        "\(imageCount) images from the seed \(seed) go beyond the last seed, \(last)")
    }
    return seed
  }

  /// The strength in the mode of the edit; a strength that was given asks for its mode.
  private func plannedStrength(under limits: RenderLimits) -> Double {
    switch editMode ?? (strength == nil ? limits.editMode : .strength) {
    case .strength: strength ?? RequestParameter.defaultStrength
    case .reference: 1
    }
  }

  /// NaN is in no range.
  private static func check<Value: Comparable>(
    _ parameter: RequestParameter, _ value: Value?, in range: ClosedRange<Value>
  ) throws(RenderError) {
    guard let value else { return }
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
    let text = try checkedText(prompt, refuse)
    guard limits.allowsEmptyPrompt || !isBlank(text) else {
      throw refuse("is blank: it has only white space and characters that show nothing")
    }
    return text
  }

  /// Checks a negative prompt from outside: its length, and NUL characters; it may be empty.
  package static func checkedNegativePrompt(
    _ prompt: ByteString
  ) throws(RenderError) -> String {
    try checkedText(prompt) {
      RenderError(.invalidRequest, of: .negativePrompt, "the negative prompt \($0)")
    }
  }

  private static func checkedText(
    _ prompt: ByteString, _ refuse: (String) -> RenderError
  ) throws(RenderError) -> String {
    // Every character begins with one byte that does not go on with another.
    let count = prompt.count { $0 & 0xC0 != 0x80 }
    let longest = RequestParameter.promptLengths.upperBound
    guard count <= longest else {
      throw refuse("has \(count) characters; at most \(longest) are allowed")
    }
    guard !prompt.contains(0) else { throw refuse("contains a NUL character") }
    guard let text = prompt.string(limit: prompt.count) else { throw refuse("is not UTF-8") }
    return text
  }
}
