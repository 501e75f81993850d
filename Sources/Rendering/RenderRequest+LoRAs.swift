/// A LoRA of a request, with its strength.
public struct RequestedLoRA: Sendable, Equatable {
  /// The LoRA.
  public var selection: LoRASelection
  /// The factor of its change; nil for its default in the registry.
  public var strength: Double?

  /// Asks for a LoRA.
  public init(_ selection: LoRASelection, strength: Double? = nil) {
    self.selection = selection
    self.strength = strength
  }
}

/// The LoRA that a request selects.
///
/// Any client may give a name; a file may be given only where the user may read it, on the command
/// line.
public enum LoRASelection: Sendable, Equatable {
  /// A name in the registry, or `none`.
  case name(String)
  /// The path of a LoRA file.
  case file(String)

  /// No LoRA.
  public static let none = LoRASelection.name(LoRARegistry.none)
}

extension RenderRequest {
  /// Looks the LoRAs up and checks their strengths.
  /// - Returns: The LoRAs in the order of their names, so that the order in which they were asked for
  ///   changes no rounding.
  func plannedLoRAs(
    from registry: LoRARegistry, under limits: RenderLimits
  ) throws(RenderError) -> [RenderPlan.LoRA] {
    guard !loras.isEmpty else {
      return try planned(
        RequestedLoRA(lora, strength: loraStrength), from: registry
      ).map { [$0] } ?? []
    }
    guard lora == .none else { throw Self.refusal("lora and loras exclude each other") }
    guard loras.count <= RequestParameter.loraLimit else {
      throw Self.refusal(
        "\(loras.count) LoRAs are given; at most \(RequestParameter.loraLimit) are allowed")
    }
    var found: [RenderPlan.LoRA] = []
    for requested in loras {
      guard let lora = try planned(requested, from: registry) else {
        throw Self.refusal("\(LoRARegistry.none) is no LoRA of a list; an empty list adds none")
      }
      guard !found.contains(where: { $0.name == lora.name || $0.file == lora.file }) else {
        throw Self.refusal("the LoRA `\(lora.name)` is given twice")
      }
      guard limits.loraStrengths.contains(lora.strength) else {
        throw Self.refusal(
          "the strength of the LoRA `\(lora.name)` is \(lora.strength); allowed is "
            + RequestParameter.text(limits.loraStrengths))
      }
      found.append(lora)
    }
    return found.sorted { $0.name.utf8.lexicographicallyPrecedes($1.name.utf8) }
  }

  private func planned(
    _ requested: RequestedLoRA, from registry: LoRARegistry
  ) throws(RenderError) -> RenderPlan.LoRA? {
    switch requested.selection {
    case .name(let name):
      guard let entry = try registry.entry(named: name) else { return nil }
      var lora = RenderPlan.LoRA(
        name: name, file: entry.file, strength: requested.strength ?? entry.defaultStrength)
      lora.adapter = entry.adapter
      return lora
    case .file(let path):
      return RenderPlan.LoRA(
        name: path.split(separator: "/").last.map { String($0) } ?? path, file: path,
        strength: requested.strength ?? RequestParameter.defaultLoRAStrength)
    }
  }

  private static func refusal(_ problem: String) -> RenderError {
    RenderError(.invalidRequest, of: .loras, problem)
  }
}
