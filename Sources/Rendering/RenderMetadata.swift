public import Imaging
public import JSON
public import Tensors
import Text

/// The parameters that made an image, as stored in its file.
public struct RenderMetadata: Sendable, Equatable {
  /// A LoRA that took part.
  public struct LoRA: Sendable, Equatable {
    /// Its name in the registry, or its file's.
    public let name: String
    /// The factor of its change.
    public let strength: Double

    /// Describes a LoRA.
    public init(name: String, strength: Double) {
      self.name = name
      self.strength = strength
    }
  }

  /// The prompt.
  public var prompt: String
  /// The seed of the noise.
  public var seed: UInt64
  /// The number of denoising steps.
  public var stepCount: Int
  /// The classifier-free guidance scale.
  public var guidanceScale: Double
  /// The negative prompt; nil where there was none, or no guidance.
  public var negativePrompt: String?
  /// The image's size.
  public var size: PixelSize
  /// The LoRAs that took part.
  public var loras: [LoRA]
  /// The number of reference images of an edit; nil otherwise.
  public var referenceCount: Int?
  /// The strength of an edit of one image, or with a mask; nil otherwise.
  public var strength: Double?
  /// True if a mask kept parts of the first reference.
  public var hasMask = false
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
    loras: [LoRA], referenceCount: Int?, strength: Double?,
    modelHash: String, precision: Precision? = nil, products: ProductProvider? = nil,
    version: String, warnings: [RenderWarning] = []
  ) {
    self.prompt = prompt
    self.seed = seed
    self.stepCount = stepCount
    self.guidanceScale = guidanceScale
    self.size = size
    self.loras = loras
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
  /// The keywords of the texts, which are also the names in JSON.
  public enum Key: String, Sendable {
    case prompt
    case seed
    case stepCount = "steps"
    case guidanceScale = "guidance"
    case negativePrompt = "negative_prompt"
    case size
    case lora
    case loraStrength = "lora_strength"
    case loras
    case referenceCount = "references"
    case strength
    case mask
    case modelHash = "model_hash"
    case precision
    case products
    case version
    case warnings
  }

  /// Says that there was a mask, which is not in the file.
  private static let maskText = "true"

  /// The texts in an image file, in storage order.
  public var texts: [ImageText] {
    let pairs: [(Key, String?)] = [
      (.prompt, prompt), (.seed, "\(seed)"), (.stepCount, "\(stepCount)"),
      (.guidanceScale, "\(guidanceScale)"), (.negativePrompt, negativePrompt),
      (.size, "\(size)"), (.lora, single?.name),
      (.loraStrength, single?.strength.map { "\($0)" }),
      (.loras, single == nil ? loraList.text() : nil),
      (.referenceCount, referenceCount.map { "\($0)" }), (.strength, strength.map { "\($0)" }),
      (.mask, hasMask ? Self.maskText : nil), (.modelHash, modelHash),
      (.precision, precision?.rawValue),
      (.products, products?.rawValue), (.version, version),
      (
        .warnings,
        warnings.isEmpty ? nil : warnings.map(\.description).joined(separator: "\n")
      ),
    ]
    return pairs.compactMap { key, value in
      value.map { ImageText(keyword: key.rawValue, value: $0) }
    }
  }

  /// The metadata as one JSON object.
  public var json: JSONValue {
    let members: [(Key, JSONValue?)] = [
      (.prompt, .string(prompt)), (.seed, .integer(seed)), (.stepCount, .integer(stepCount)),
      (.guidanceScale, .number(guidanceScale)),
      (.negativePrompt, negativePrompt.map { .string($0) }), (.size, .string("\(size)")),
      (.referenceCount, referenceCount.map { .integer($0) }),
      (.strength, strength.map { .number($0) }), (.mask, hasMask ? true : nil),
      (.modelHash, .string(modelHash)),
      (.precision, precision.map { .string($0.rawValue) }),
      (.products, products.map { .string($0.rawValue) }),
      (.version, .string(version)), (.warnings, .array(warnings.map(\.json))),
    ]
    return .object(present: members.map { ($0.rawValue, $1) } + loraMembers)
  }

  /// Parses texts; nil unless all that every image of this program has are valid.
  public init?(texts: [ImageText]) {
    var values: [Key: String] = [:]
    for text in texts {
      if let key = Key(rawValue: text.keyword), values[key] == nil { values[key] = text.value }
    }
    guard let prompt = values[.prompt], let seed = values[.seed].flatMap({ UInt64($0) }),
      let stepCount = values[.stepCount].flatMap({ Int($0) }), stepCount > 0,
      let guidanceScale = values[.guidanceScale].flatMap({ Double($0) }),
      let size = values[.size].flatMap({ PixelSize($0) }), size.width > 0, size.height > 0,
      let loras = Self.loras(in: values), let modelHash = values[.modelHash],
      let version = values[.version]
    else { return nil }
    let precision = values[.precision].map { Precision(rawValue: $0) }
    let products = values[.products].map { ProductProvider(rawValue: $0) }
    // A word of a later version is no precision that this one could repeat.
    guard precision != .some(nil), products != .some(nil) else { return nil }
    let strength = values[.strength].flatMap { Double($0) }
    guard ([guidanceScale, strength ?? 0] + loras.map(\.strength)).allSatisfy(\.isFinite) else {
      return nil
    }
    self.init(
      prompt: prompt, seed: seed, stepCount: stepCount, guidanceScale: guidanceScale, size: size,
      loras: loras,
      referenceCount: values[.referenceCount].flatMap { Int($0) }, strength: strength,
      modelHash: modelHash, precision: precision ?? nil, products: products ?? nil,
      version: version, warnings: Self.warnings(in: values[.warnings] ?? ""))
    negativePrompt = values[.negativePrompt]
    hasMask = values[.mask] == Self.maskText
  }

  /// Parses warnings; other lines are ignored.
  private static func warnings(in text: String) -> [RenderWarning] {
    text.utf8.split(separator: UInt8(ascii: "\n")).compactMap {
      RenderWarning(String(decoding: $0, as: UTF8.self))
    }
  }
}

/// The LoRAs: one has its name and strength under `lora` and `lora_strength`, as in a request, and so has
/// none the name `none`; several are a list under `loras`.
extension RenderMetadata {
  /// The name and strength of the only LoRA, or `none`; nil where there are several.
  private var single: (name: String, strength: Double?)? {
    loras.isEmpty
      ? (LoRARegistry.none, nil) : loras.count == 1 ? (loras[0].name, loras[0].strength) : nil
  }

  /// The members of a report that name the LoRAs.
  package var loraMembers: [(String, JSONValue?)] {
    [
      (Key.lora.rawValue, single.map { .string($0.name) }),
      (Key.loraStrength.rawValue, single?.strength.map { .number($0) }),
      (Key.loras.rawValue, single == nil ? loraList : nil),
    ]
  }

  /// The list, as in a request.
  private var loraList: JSONValue {
    .array(loras.map { ["name": .string($0.name), "strength": .number($0.strength)] })
  }

  /// Reads the LoRAs of text chunks; nil where they cannot be understood.
  private static func loras(in values: [Key: String]) -> [LoRA]? {
    if let text = values[.loras] { return loras(inList: text) }
    guard let name = values[.lora] else { return nil }
    if name == LoRARegistry.none { return [] }
    guard let text = values[.loraStrength] else {
      return [LoRA(name: name, strength: RequestParameter.defaultLoRAStrength)]
    }
    return Double(text).map { [LoRA(name: name, strength: $0)] }
  }

  private static func loras(inList text: String) -> [LoRA]? {
    guard case .array(let items)? = try? JSONValue(Array(text.utf8)) else { return nil }
    let loras = items.compactMap { item -> LoRA? in
      guard case .object(let object) = item, case .string(let bytes)? = object["name"],
        let name = bytes.string(limit: bytes.count), case .number(let number)? = object["strength"],
        let strength = number.double
      else { return nil }
      return LoRA(name: name, strength: strength)
    }
    return loras.count == items.count ? loras : nil
  }
}
