public import Imaging

/// The parameters that made an image, as stored in its PNG file.
public struct RenderMetadata: Sendable, Equatable {
  /// The prompt.
  public var prompt: String
  /// The seed of the noise.
  public var seed: UInt64
  /// The number of denoising steps.
  public var stepCount: Int
  /// The classifier-free guidance scale.
  public var guidanceScale: Double
  /// The image's size.
  public var size: PixelSize
  /// The LoRA's name, or `none`.
  public var lora: String
  /// The LoRA's strength; nil without one.
  public var loraStrength: Double?
  /// The number of reference images of an edit; nil otherwise.
  public var referenceCount: Int?
  /// The strength of an edit of one image; nil otherwise.
  public var strength: Double?
  /// The identity of the model.
  public var modelHash: String
  /// The version of this program.
  public var version: String
  /// The warnings of the render.
  public var warnings: [RenderWarning]

  /// Creates metadata.
  public init(
    prompt: String, seed: UInt64, stepCount: Int, guidanceScale: Double, size: PixelSize,
    lora: String, loraStrength: Double?, referenceCount: Int?, strength: Double?,
    modelHash: String, version: String, warnings: [RenderWarning] = []
  ) {
    self.prompt = prompt
    self.seed = seed
    self.stepCount = stepCount
    self.guidanceScale = guidanceScale
    self.size = size
    self.lora = lora
    self.loraStrength = loraStrength
    self.referenceCount = referenceCount
    self.strength = strength
    self.modelHash = modelHash
    self.version = version
    self.warnings = warnings
  }
}

extension RenderMetadata {
  /// The text chunks, in storage order.
  public var pngText: [PNGText] {
    var pairs = [
      ("prompt", prompt), ("seed", "\(seed)"), ("steps", "\(stepCount)"),
      ("guidance", "\(guidanceScale)"), ("size", "\(size)"), ("lora", lora),
    ]
    if let loraStrength { pairs.append(("lora_strength", "\(loraStrength)")) }
    if let referenceCount { pairs.append(("references", "\(referenceCount)")) }
    if let strength { pairs.append(("strength", "\(strength)")) }
    pairs += [("model_hash", modelHash), ("version", version)]
    if !warnings.isEmpty {
      pairs.append(("warnings", warnings.map(\.description).joined(separator: "\n")))
    }
    return pairs.map { PNGText(keyword: $0.0, value: $0.1) }
  }

  /// Parses text chunks; nil unless all chunks that every image of this program has are valid.
  public init?(pngText: [PNGText]) {
    var values: [String: String] = [:]
    for text in pngText where values[text.keyword] == nil { values[text.keyword] = text.value }
    guard let prompt = values["prompt"], let seed = values["seed"].flatMap({ UInt64($0) }),
      let stepCount = values["steps"].flatMap({ Int($0) }), stepCount > 0,
      let guidanceScale = values["guidance"].flatMap({ Double($0) }),
      let size = values["size"].flatMap({ PixelSize($0) }), size.width > 0, size.height > 0,
      let lora = values["lora"], let modelHash = values["model_hash"],
      let version = values["version"]
    else { return nil }
    let loraStrength = values["lora_strength"].flatMap { Double($0) }
    let strength = values["strength"].flatMap { Double($0) }
    guard [guidanceScale, loraStrength ?? 0, strength ?? 0].allSatisfy(\.isFinite) else {
      return nil
    }
    self.init(
      prompt: prompt, seed: seed, stepCount: stepCount, guidanceScale: guidanceScale, size: size,
      lora: lora, loraStrength: loraStrength,
      referenceCount: values["references"].flatMap { Int($0) }, strength: strength,
      modelHash: modelHash, version: version, warnings: Self.warnings(in: values["warnings"] ?? ""))
  }

  /// Parses warnings; other lines are ignored.
  private static func warnings(in text: String) -> [RenderWarning] {
    text.utf8.split(separator: UInt8(ascii: "\n")).compactMap {
      RenderWarning(String(decoding: $0, as: UTF8.self))
    }
  }
}
