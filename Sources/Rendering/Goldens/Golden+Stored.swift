import FoundationEssentials

extension Golden {
  /// A golden as the manifest spells it; what is absent has the default of a request.
  struct Stored: StrictObject {
    enum CodingKeys: String, CodingKey, CaseIterable {
      case id, prompt, seed, size, images, strength, lora
      case stepCount = "num_steps"
      case guidanceScale = "guidance_scale"
      case loraStrength = "lora_strength"
      case maximumDifference = "maximum_difference"
      case minimumPSNR = "minimum_psnr"
      case recordedOn = "recorded_on"
    }

    let id: String
    let prompt: String
    let seed: UInt64
    let size: String?
    let stepCount: Int?
    let guidanceScale: Double?
    let images: [String]?
    let strength: Double?
    let lora: String?
    let loraStrength: Double?
    let maximumDifference: Int?
    let minimumPSNR: Double?
    let recordedOn: String?

    static func fault(_ problem: String, id: String?) -> RenderError {
      Golden.invalid(id ?? "?", problem)
    }
  }

  /// Understands what the manifest says.
  init(_ stored: Stored) throws(RenderError) {
    var request = RenderRequest(prompt: stored.prompt)
    request.seed = stored.seed
    if let text = stored.size {
      guard let size = PixelSize(text) else {
        throw Self.invalid(stored.id, "its size is not WIDTHxHEIGHT, as in 256x256")
      }
      request.size = size
    }
    request.stepCount = stored.stepCount
    request.guidanceScale = stored.guidanceScale
    request.strength = stored.strength
    request.lora = stored.lora.map { .name($0) } ?? request.lora
    request.loraStrength = stored.loraStrength
    var tolerance = Tolerance()
    tolerance.maximumDifference = stored.maximumDifference ?? tolerance.maximumDifference
    tolerance.minimumPSNR = stored.minimumPSNR ?? tolerance.minimumPSNR
    self.init(
      id: stored.id, request: request, images: stored.images ?? [], tolerance: tolerance)
    recordedOn = stored.recordedOn
    try check()
  }

  private func check() throws(RenderError) {
    let isName = id.utf8.allSatisfy {
      switch $0 {
      case 0x30...0x39, 0x61...0x7A, UInt8(ascii: "-"): true
      default: false
      }
    }
    guard isName, (1...64).contains(id.utf8.count) else {
      throw Self.invalid(id, "its id is not 1 to 64 small letters, digits and -")
    }
    for image in images where !Self.staysInside(image) {
      throw Self.invalid(id, "`\(image)` is not a path inside the goldens' folder")
    }
    guard (0...255).contains(tolerance.maximumDifference), tolerance.minimumPSNR.isFinite,
      tolerance.minimumPSNR >= 0
    else {
      throw Self.invalid(
        id, "maximum_difference must be 0 to 255, and minimum_psnr a number of dB from 0")
    }
  }

  private static func staysInside(_ path: String) -> Bool {
    let parts = path.utf8.split(separator: UInt8(ascii: "/"), omittingEmptySubsequences: false)
    return !path.utf8.contains(0)
      && parts.allSatisfy { !["", ".", ".."].contains(String($0)) }
  }

  /// A fault of one golden, named by its id.
  static func invalid(_ id: String, _ problem: String) -> RenderError {
    RenderError(.invalidGolden, field: id, "golden `\(id)`: \(problem)")
  }
}

extension Golden {
  /// The object that the manifest holds for it: keys in one order, defaults left out.
  func json() throws -> String {
    var fields: [(Stored.CodingKeys, any Encodable)] = [
      (.id, id), (.prompt, request.prompt), (.seed, request.seed ?? 0),
    ]
    if let size = request.size { fields.append((.size, "\(size)")) }
    if let count = request.stepCount { fields.append((.stepCount, count)) }
    if let scale = request.guidanceScale { fields.append((.guidanceScale, scale)) }
    if !images.isEmpty { fields.append((.images, images)) }
    if let strength = request.strength { fields.append((.strength, strength)) }
    if case .name(let name) = request.lora, name != LoRARegistry.none {
      fields.append((.lora, name))
    }
    if let strength = request.loraStrength { fields.append((.loraStrength, strength)) }
    let near = Tolerance()
    if tolerance.maximumDifference != near.maximumDifference {
      fields.append((.maximumDifference, tolerance.maximumDifference))
    }
    if tolerance.minimumPSNR != near.minimumPSNR {
      fields.append((.minimumPSNR, tolerance.minimumPSNR))
    }
    if let recordedOn { fields.append((.recordedOn, recordedOn)) }
    let lines = try fields.map { try "      \"\($0.rawValue)\": " + Self.json($1) }
    return "    {\n" + lines.joined(separator: ",\n") + "\n    }"
  }

  private static func json(_ value: any Encodable) throws -> String {
    if let list = value as? [String] {
      return "[" + (try list.map { try json($0) }.joined(separator: ", ")) + "]"
    }
    let encoder = JSONEncoder()
    encoder.outputFormatting = .withoutEscapingSlashes
    return String(decoding: try encoder.encode(value), as: UTF8.self)
  }
}
