/// What a request asks for in vain; the model has more to say, which `Renderer.warnings(about:)` adds.
extension RenderRequest {
  var promptWarnings: [RenderWarning] {
    guard prompt.unicodeScalars.allSatisfy(\.properties.isWhitespace) else { return [] }
    return [RenderWarning(.blankPrompt, "the prompt is blank: the picture shows whatever comes up")]
  }

  func sizeWarnings(_ planned: PixelSize) -> [RenderWarning] {
    guard let size, size != planned else { return [] }
    return [
      RenderWarning(
        .sizeRounded, "the size \(size) is rounded down to \(planned), multiples of 16")
    ]
  }

  func strengthWarnings(hasLoRA: Bool) -> [RenderWarning] {
    var warnings: [RenderWarning] = []
    if strength != nil, references.count > 1 {
      warnings.append(
        RenderWarning(
          .strengthUnused,
          "strength has no effect with \(references.count) images: there is no single one to start from"
        ))
    }
    if loraStrength != nil, !hasLoRA {
      warnings.append(
        RenderWarning(.loraStrengthUnused, "the strength of a LoRA has no effect without a LoRA"))
    }
    return warnings
  }
}
