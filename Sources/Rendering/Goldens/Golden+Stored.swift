internal import FoundationEssentials
internal import JSONText
internal import Text

extension Golden {
  /// The keys of a golden in the manifest, in the order in which they are written.
  private enum Key: String, CaseIterable {
    case id, prompt, seed, size
    case stepCount = "num_steps"
    case guidanceScale = "guidance_scale"
    case images, strength, lora
    case loraStrength = "lora_strength"
    case maximumDifference = "maximum_difference"
    case minimumPSNR = "minimum_psnr"
    case maximumChangedShare = "maximum_changed_share"
    case recordedOn = "recorded_on"
    case pixelHashes = "pixel_hashes"
  }

  /// Understands what the manifest says; what is absent has the default of a request.
  init(_ stored: JSONValue) throws(RenderError) {
    let id = Self.id(of: stored)
    let object = try StrictObject(stored, keys: Key.allCases.map(\.rawValue)) {
      Self.invalid(id, $0)
    }
    func text(_ key: Key) throws(RenderError) -> String? { try object.text(key.rawValue) }
    func number(_ key: Key) throws(RenderError) -> Double? { try object.number(key.rawValue) }
    _ = try object.required(Key.id.rawValue, try text(.id))
    var request = RenderRequest(
      prompt: try object.required(Key.prompt.rawValue, try text(.prompt)))
    request.seed = try object.required(Key.seed.rawValue, try object.integer(Key.seed.rawValue))
    if let text = try text(.size) {
      guard let size = PixelSize(text) else {
        throw Self.invalid(id, "its size is not WIDTHxHEIGHT, as in 256x256")
      }
      request.size = size
    }
    request.stepCount = try object.integer(Key.stepCount.rawValue)
    request.guidanceScale = try number(.guidanceScale)
    request.strength = try number(.strength)
    request.lora = try text(.lora).map { .name($0) } ?? request.lora
    request.loraStrength = try number(.loraStrength)
    var tolerance = Tolerance()
    tolerance.maximumDifference =
      try object.integer(Key.maximumDifference.rawValue) ?? tolerance.maximumDifference
    tolerance.minimumPSNR = try number(.minimumPSNR) ?? tolerance.minimumPSNR
    tolerance.maximumChangedShare =
      try number(.maximumChangedShare) ?? tolerance.maximumChangedShare
    self.init(
      id: id, request: request, images: try object.texts(Key.images.rawValue) ?? [],
      tolerance: tolerance)
    recordedOn = try text(.recordedOn)
    if let stored = object.value(Key.pixelHashes.rawValue) {
      pixelHashes = try PixelHashes(stored) { Self.invalid(id, $0) }
    }
    try check()
  }

  /// What the object says its id is, for messages and until it is checked.
  private static func id(of stored: JSONValue) -> String {
    guard case .object(let object) = stored, case .string(let id)? = object["id"] else {
      return "?"
    }
    return "\(id)"
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
    guard (0...1).contains(tolerance.maximumChangedShare) else {
      throw Self.invalid(id, "maximum_changed_share must be 0 to 1")
    }
  }

  private static func staysInside(_ path: String) -> Bool {
    let parts = path.utf8.split(separator: UInt8(ascii: "/"), omittingEmptySubsequences: false)
    return !path.utf8.contains(0)
      && parts.allSatisfy { !["", ".", ".."].contains(String($0)) }
  }

  /// A fault of one golden, named by its id.
  static func invalid(_ id: String, _ problem: String) -> RenderError {
    RenderError(.invalidGolden, "golden `\(id)`: \(problem)")
  }
}

extension Golden {
  /// The object that the manifest holds for it: keys in one order, defaults left out.
  func json() throws -> String {
    var fields: [(Key, any Encodable)] = [
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
    if tolerance.maximumChangedShare != near.maximumChangedShare {
      fields.append((.maximumChangedShare, tolerance.maximumChangedShare))
    }
    if let recordedOn { fields.append((.recordedOn, recordedOn)) }
    var lines = try fields.map { try "      \"\($0.rawValue)\": " + Self.json($1) }
    if !pixelHashes.isEmpty {
      lines.append(
        "      \"\(Key.pixelHashes.rawValue)\": " + (try pixelHashes.json(encode: Self.json)))
    }
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
