import Imaging

/// Warnings about the request alone; `Renderer.prepare(_:)` adds those of the model.
extension RenderRequest {
  var promptWarnings: [RenderWarning] {
    guard Self.isBlank(prompt) else { return [] }
    return [RenderWarning(.blankPrompt, "the prompt is blank: the image shows whatever comes up")]
  }

  /// Returns whether a text has no visible characters; the empty text has none.
  ///
  /// Invisible are white space of any script, control characters, and characters that fonts draw
  /// nothing for according to Unicode, such as U+200B and U+3164.
  static func isBlank(_ text: String) -> Bool {
    text.unicodeScalars.allSatisfy { scalar in
      let properties = scalar.properties
      return properties.isWhitespace || properties.isDefaultIgnorableCodePoint
        || properties.generalCategory == .control || properties.generalCategory == .format
        // The Braille blank is classified as a symbol.
        || scalar == "\u{2800}"
    }
  }

  func sizeWarnings(_ planned: PixelSize, under limits: RenderLimits) -> [RenderWarning] {
    guard let size else { return [] }
    var warnings: [RenderWarning] = []
    let longest = (references.isEmpty ? limits.side : limits.editSide).upperBound
    if max(size.width, size.height) > longest {
      warnings.append(
        RenderWarning(
          .sizeScaled,
          "the size \(size) is scaled down to \(planned): at most \(longest)x\(longest) is allowed")
      )
    } else if size != planned {
      warnings.append(
        RenderWarning(
          .sizeRounded, "the size \(size) is rounded down to \(planned), multiples of 16"))
    }
    if let source = firstImageSize, references.count == 1 {
      let lost = 1 - Self.share(of: source, inShapeOf: planned)
      if lost > Self.croppedShare {
        warnings.append(
          RenderWarning(
            .imageCropped,
            "the image is \(source) and is cropped to the shape of \(planned): "
              + "\(Int((lost * 100).rounded())) % is cut away"))
      }
    }
    return warnings
  }

  /// Maximum share of an image that may be cropped without a warning; a 3:2 image made square loses
  /// 1/3.
  private static let croppedShare = 0.35

  private static func share(of source: PixelSize, inShapeOf size: PixelSize) -> Double {
    let ratio =
      Double(source.width) * Double(size.height) / (Double(source.height) * Double(size.width))
    return min(ratio, 1 / ratio)
  }

  /// Warns of large seeds: the noise generator is torch's, which uses 32 bits.
  var seedWarnings: [RenderWarning] {
    guard let seed, seed > UInt64(UInt32.max) else { return [] }
    return [
      RenderWarning(
        .seedReduced,
        "of the seed \(seed) the low 32 bits count: it draws what \(UInt32(truncatingIfNeeded: seed)) draws"
      )
    ]
  }

  func negativePromptWarnings(guidanceScale: Double) -> [RenderWarning] {
    guard let negativePrompt, !negativePrompt.isEmpty, guidanceScale <= 1 else { return [] }
    return [
      RenderWarning(
        .negativePromptUnused,
        "a negative prompt has no effect at guidance 1; it takes one above, and twice the time")
    ]
  }

  var outputWarnings: [RenderWarning] {
    guard let outputQuality, outputQuality != ImageEncoding.defaultQuality, !outputFormat.isLossy
    else { return [] }
    return [
      RenderWarning(
        .parameterIgnored,
        "a quality of \(outputQuality) has no effect on a PNG, which keeps every pixel")
    ]
  }

  func strengthWarnings(hasLoRA: Bool) -> [RenderWarning] {
    var warnings: [RenderWarning] = []
    let count = references.count
    if strength != nil, count > 1, mask == nil {
      warnings.append(
        RenderWarning(
          .strengthUnused,
          "strength has no effect with \(count) images: there is no single one to start from"))
    } else if strength != nil, editMode == .reference {
      warnings.append(
        RenderWarning(
          .strengthUnused,
          "strength has no effect on an edit by reference, which starts from noise alone"))
    } else if editMode == .strength, count > 1, mask == nil {
      warnings.append(
        RenderWarning(
          .strengthUnused,
          "\(count) images are references: there is no single one to start from"))
    }
    if loraStrength != nil, !hasLoRA {
      warnings.append(
        RenderWarning(
          .loraStrengthUnused,
          loras.isEmpty
            ? "the strength of a LoRA has no effect without a LoRA"
            : "lora_strength has no effect on loras, which have strengths of their own"))
    }
    return warnings
  }
}

extension RenderDefaults {
  /// Warns of values that do not suit the model; never of its defaults.
  func warnings(stepCount: Int, guidanceScale: Double) -> [RenderWarning] {
    var warnings: [RenderWarning] = []
    if stepCount < fewestSteps {
      warnings.append(
        RenderWarning(
          .baseModelSteps,
          "this is a base model, not distilled to a few steps: \(stepCount) are too few, its default "
            + "is \(self.stepCount)"))
    }
    if self.guidanceScale > 1, guidanceScale <= 1 {
      warnings.append(
        RenderWarning(
          .baseModelGuidance,
          "this is a base model, made to be guided: at guidance \(guidanceScale) it hardly follows "
            + "the prompt, its default is \(self.guidanceScale)"))
    }
    return warnings
  }
}
