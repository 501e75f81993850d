internal import FoundationEssentials

/// The scale of an adapter saved by diffusers: PEFT's configuration in the file's header (spec §10).
struct LoRAMetadata {
  /// Where diffusers puts the configuration in the header.
  static let key = "lora_adapter_metadata"

  private let alpha: Double
  private let alphaPattern: [String: ConfigurationValue]
  private let dividesByRoot: Bool

  /// Reads the configuration.
  /// - Parameters:
  ///   - text: JSON whose keys begin with `transformer.`.
  ///   - file: What messages call the file.
  /// - Returns: `nil` when it says nothing of the transformer.
  init?(_ text: String, file: String) throws(Flux2Error) {
    guard
      let root = try? JSONDecoder().decode(ConfigurationValue.self, from: Data(text.utf8)),
      case .section(let values) = root
    else { throw Flux2Error(.adapter, file, "\(Self.key) is no JSON object") }
    let prefix = "transformer."
    let own = values.filter { $0.key.hasPrefix(prefix) }
    guard !own.isEmpty else { return nil }
    func value(_ key: String) -> ConfigurationValue? { own[prefix + key] }
    guard case .number(let alpha)? = value("lora_alpha") else {
      throw Flux2Error(.adapter, file, "\(Self.key) has no lora_alpha")
    }
    if value("use_dora") == .flag(true) {
      throw Flux2Error(.adapter, file, "is a DoRA, which is not supported")
    }
    self.alpha = alpha
    dividesByRoot = value("use_rslora") == .flag(true)
    if case .section(let pattern)? = value("alpha_pattern") {
      alphaPattern = pattern
    } else {
      alphaPattern = [:]
    }
  }

  /// `alpha / r`, or `alpha / √r` for a rank-stabilised adapter.
  /// - Note: Kalajdzievski, arXiv:2312.03732.
  func scale(of path: String, rank: Int) -> Double {
    alpha(of: path) / (dividesByRoot ? Double(rank).squareRoot() : Double(rank))
  }

  /// The alpha of the pattern that matches a path, the longest if several do.
  ///
  /// PEFT's patterns end a module path at one of its dots; those that diffusers writes begin with `^` and
  /// are whole paths.
  private func alpha(of path: String) -> Double {
    if case .number(let alpha)? = alphaPattern["^" + path] { return alpha }
    let names = path.indices.filter { $0 == path.startIndex || path[path.index(before: $0)] == "." }
    for start in names {
      if case .number(let alpha)? = alphaPattern[String(path[start...])] { return alpha }
    }
    return alpha
  }
}
