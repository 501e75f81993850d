import JSON
import Text

extension Golden {
  /// The keys of a golden in the manifest; those of a request are named like its parameters.
  private enum Key {
    static let id = "id"
    static let prompt = RequestParameter.prompt.name
    static let seed = RequestParameter.seed.name
    static let size = RequestParameter.size.name
    static let stepCount = RequestParameter.stepCount.name
    static let guidanceScale = RequestParameter.guidanceScale.name
    static let images = RequestParameter.images.name
    static let strength = RequestParameter.strength.name
    static let lora = RequestParameter.lora.name
    static let loraStrength = RequestParameter.loraStrength.name
    static let maximumDifference = "maximum_difference"
    static let minimumPSNR = "minimum_psnr"
    static let maximumChangedShare = "maximum_changed_share"
    static let recordedOn = "recorded_on"
    static let pixelHashes = "pixel_hashes"

    /// All keys: the request parameters of goldens, and what a golden has besides.
    static let all =
      [id] + RequestParameter.all.filter { $0.surfaces.contains(.golden) }.map(\.name)
      + [maximumDifference, minimumPSNR, maximumChangedShare, recordedOn, pixelHashes]
  }

  /// Reads an entry of the manifest; absent keys have a request's defaults.
  init(_ stored: JSONValue) throws(RenderError) {
    let id = Self.id(of: stored)
    let object = try StrictObject(stored, keys: Key.all) {
      Self.invalid(id, $0)
    }
    _ = try object.required(Key.id, try object.text(Key.id))
    var request = RenderRequest(
      prompt: try object.required(Key.prompt, try object.text(Key.prompt)))
    request.seed = try object.required(Key.seed, try object.integer(Key.seed))
    if let text = try object.text(Key.size) {
      guard let size = PixelSize(text) else {
        throw Self.invalid(id, "its size is not WIDTHxHEIGHT, as in 256x256")
      }
      request.size = size
    }
    request.stepCount = try object.integer(Key.stepCount)
    request.guidanceScale = try object.number(Key.guidanceScale)
    request.strength = try object.number(Key.strength)
    request.lora = try object.text(Key.lora).map { .name($0) } ?? request.lora
    request.loraStrength = try object.number(Key.loraStrength)
    var tolerance = Tolerance()
    tolerance.maximumDifference =
      try object.integer(Key.maximumDifference) ?? tolerance.maximumDifference
    tolerance.minimumPSNR = try object.number(Key.minimumPSNR) ?? tolerance.minimumPSNR
    tolerance.maximumChangedShare =
      try object.number(Key.maximumChangedShare) ?? tolerance.maximumChangedShare
    self.init(
      id: id, request: request, images: try object.texts(Key.images) ?? [],
      tolerance: tolerance)
    recordedOn = try object.text(Key.recordedOn)
    if let stored = object.value(Key.pixelHashes) {
      pixelHashes = try PixelHashes(stored) { Self.invalid(id, $0) }
    }
    try check()
  }

  /// Returns the unvalidated id of the object, for messages.
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

  /// Returns an error for a golden, with its id.
  static func invalid(_ id: String, _ problem: String) -> RenderError {
    RenderError(.invalidGolden, "golden `\(id)`: \(problem)")
  }
}

extension Golden {
  /// The golden's object in the manifest: keys in fixed order, defaults omitted.
  var json: JSONValue {
    var members: [(String, JSONValue?)] = [
      (Key.id, .string(id)), (Key.prompt, .string(request.prompt)),
      (Key.seed, .integer(request.seed ?? 0)), (Key.size, request.size.map { .string("\($0)") }),
      (Key.stepCount, request.stepCount.map { .integer($0) }),
      (Key.guidanceScale, request.guidanceScale.map { .number($0) }),
      (Key.images, images.isEmpty ? nil : .array(images.map { .string($0) })),
      (Key.strength, request.strength.map { .number($0) }),
    ]
    if case .name(let name) = request.lora, name != LoRARegistry.none {
      members.append((Key.lora, .string(name)))
    }
    members.append((Key.loraStrength, request.loraStrength.map { .number($0) }))
    let near = Tolerance()
    if tolerance.maximumDifference != near.maximumDifference {
      members.append((Key.maximumDifference, .integer(tolerance.maximumDifference)))
    }
    if tolerance.minimumPSNR != near.minimumPSNR {
      members.append((Key.minimumPSNR, .number(tolerance.minimumPSNR)))
    }
    if tolerance.maximumChangedShare != near.maximumChangedShare {
      members.append((Key.maximumChangedShare, .number(tolerance.maximumChangedShare)))
    }
    members.append((Key.recordedOn, recordedOn.map { .string($0) }))
    members.append((Key.pixelHashes, pixelHashes.isEmpty ? nil : pixelHashes.json))
    return .object(present: members)
  }
}
