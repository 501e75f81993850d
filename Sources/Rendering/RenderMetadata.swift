public import Imaging
public import JSON
public import Tensors

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
  /// The arithmetic of the large products; nil in images of versions that had only float32.
  public var precision: Precision?
  /// The provider that multiplied them, as it was asked for; nil where only Iris' own kernels did.
  public var products: ProductProvider?
  /// The version of this program.
  public var version: String
  /// The warnings of the render.
  public var warnings: [RenderWarning]

  /// Creates metadata.
  public init(
    prompt: String, seed: UInt64, stepCount: Int, guidanceScale: Double, size: PixelSize,
    lora: String, loraStrength: Double?, referenceCount: Int?, strength: Double?,
    modelHash: String, precision: Precision? = nil, products: ProductProvider? = nil,
    version: String, warnings: [RenderWarning] = []
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
    self.precision = precision
    self.products = products
    self.version = version
    self.warnings = warnings
  }
}

extension RenderMetadata {
  /// The keywords of the text chunks, which are also the names in JSON.
  public enum Key: String, Sendable {
    case prompt
    case seed
    case stepCount = "steps"
    case guidanceScale = "guidance"
    case size
    case lora
    case loraStrength = "lora_strength"
    case referenceCount = "references"
    case strength
    case modelHash = "model_hash"
    case precision
    case products
    case version
    case warnings
  }

  /// The text chunks, in storage order.
  public var pngText: [PNGText] {
    let pairs: [(Key, String?)] = [
      (.prompt, prompt), (.seed, "\(seed)"), (.stepCount, "\(stepCount)"),
      (.guidanceScale, "\(guidanceScale)"), (.size, "\(size)"), (.lora, lora),
      (.loraStrength, loraStrength.map { "\($0)" }),
      (.referenceCount, referenceCount.map { "\($0)" }), (.strength, strength.map { "\($0)" }),
      (.modelHash, modelHash), (.precision, precision?.rawValue),
      (.products, products?.rawValue), (.version, version),
      (
        .warnings,
        warnings.isEmpty ? nil : warnings.map(\.description).joined(separator: "\n")
      ),
    ]
    return pairs.compactMap { key, value in
      value.map { PNGText(keyword: key.rawValue, value: $0) }
    }
  }

  /// The metadata as one JSON object.
  public var json: JSONValue {
    let members: [(Key, JSONValue?)] = [
      (.prompt, .string(prompt)), (.seed, .integer(seed)), (.stepCount, .integer(stepCount)),
      (.guidanceScale, .number(guidanceScale)), (.size, .string("\(size)")),
      (.lora, .string(lora)), (.loraStrength, loraStrength.map { .number($0) }),
      (.referenceCount, referenceCount.map { .integer($0) }),
      (.strength, strength.map { .number($0) }), (.modelHash, .string(modelHash)),
      (.precision, precision.map { .string($0.rawValue) }),
      (.products, products.map { .string($0.rawValue) }),
      (.version, .string(version)), (.warnings, .array(warnings.map(\.json))),
    ]
    return .object(present: members.map { ($0.rawValue, $1) })
  }

  /// Parses text chunks; nil unless all chunks that every image of this program has are valid.
  public init?(pngText: [PNGText]) {
    var values: [Key: String] = [:]
    for text in pngText {
      if let key = Key(rawValue: text.keyword), values[key] == nil { values[key] = text.value }
    }
    guard let prompt = values[.prompt], let seed = values[.seed].flatMap({ UInt64($0) }),
      let stepCount = values[.stepCount].flatMap({ Int($0) }), stepCount > 0,
      let guidanceScale = values[.guidanceScale].flatMap({ Double($0) }),
      let size = values[.size].flatMap({ PixelSize($0) }), size.width > 0, size.height > 0,
      let lora = values[.lora], let modelHash = values[.modelHash],
      let version = values[.version]
    else { return nil }
    let precision = values[.precision].map { Precision(rawValue: $0) }
    let products = values[.products].map { ProductProvider(rawValue: $0) }
    // A word of a later version is no precision that this one could repeat.
    guard precision != .some(nil), products != .some(nil) else { return nil }
    let loraStrength = values[.loraStrength].flatMap { Double($0) }
    let strength = values[.strength].flatMap { Double($0) }
    guard [guidanceScale, loraStrength ?? 0, strength ?? 0].allSatisfy(\.isFinite) else {
      return nil
    }
    self.init(
      prompt: prompt, seed: seed, stepCount: stepCount, guidanceScale: guidanceScale, size: size,
      lora: lora, loraStrength: loraStrength,
      referenceCount: values[.referenceCount].flatMap { Int($0) }, strength: strength,
      modelHash: modelHash, precision: precision ?? nil, products: products ?? nil,
      version: version, warnings: Self.warnings(in: values[.warnings] ?? ""))
  }

  /// Parses warnings; other lines are ignored.
  private static func warnings(in text: String) -> [RenderWarning] {
    text.utf8.split(separator: UInt8(ascii: "\n")).compactMap {
      RenderWarning(String(decoding: $0, as: UTF8.self))
    }
  }
}
