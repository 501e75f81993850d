internal import FoundationEssentials

/// What one source says of an adapter's scale, in the words of PEFT's configuration (spec §10).
///
/// There are three: the configuration that diffusers puts into the file's header, a bare `lora_alpha` there,
/// and the `adapter_config.json` that PEFT writes beside the file.
struct LoRAMetadata {
  /// Where diffusers puts the configuration in the header.
  static let key = "lora_adapter_metadata"

  /// What messages call the source.
  let source: String
  private let alpha: Double
  private let alphaPattern: [String: Double]
  private let rank: Double?
  private let rankPattern: [String: Double]
  private let dividesByRoot: Bool

  /// Takes a configuration apart.
  /// - Parameters:
  ///   - values: Its values, their keys without prefix.
  ///   - source: What messages call it.
  ///   - file: What messages call the adapter.
  init(
    _ values: [String: ConfigurationValue], source: String, file: String
  ) throws(Flux2Error) {
    func wrong(_ problem: String) -> Flux2Error {
      Flux2Error(.adapter, file, "\(source) \(problem)")
    }
    guard case .number(let alpha)? = values["lora_alpha"] else {
      throw wrong(
        values["lora_alpha"] == nil ? "has no lora_alpha" : "has a lora_alpha that is no number")
    }
    func pattern(_ key: String) throws(Flux2Error) -> [String: Double] {
      guard let value = values[key], value != .null else { return [:] }
      guard case .section(let entries) = value else {
        throw wrong("has a \(key) that is no object")
      }
      var numbers: [String: Double] = [:]
      for (name, entry) in entries {
        guard case .number(let number) = entry else {
          throw wrong("has a \(key) with something else than numbers")
        }
        numbers[name] = number
      }
      return numbers
    }
    self.source = source
    self.alpha = alpha
    alphaPattern = try pattern("alpha_pattern")
    if case .number(let number)? = values["r"] { rank = number } else { rank = nil }
    rankPattern = try pattern("rank_pattern")
    dividesByRoot = values["use_rslora"] == .flag(true)
    try Self.refuseOthers(values, source: source, file: file)
  }

  /// Refuses what is no plain LoRA.
  private static func refuseOthers(
    _ values: [String: ConfigurationValue], source: String, file: String
  ) throws(Flux2Error) {
    func refuse(_ kind: String) -> Flux2Error {
      Flux2Error(
        .adapter, file, "\(source) says that it is \(kind), which is not supported; only LoRA is")
    }
    if case .text(let type)? = values["peft_type"], type != "LORA" {
      throw refuse("of the type \(ConfigurationValue.text(type).summary)")
    }
    for (key, kind) in [("use_dora", "a DoRA adapter"), ("use_qalora", "a QALoRA adapter")]
    where values[key] == .flag(true) {
      throw refuse(kind)
    }
    for key in ["alora_invocation_tokens", "layer_replication"]
    where values[key].map({ $0 != .null }) == true {
      throw refuse("an adapter with \(key)")
    }
  }

  /// `alpha / r`, or `alpha / √r` for a rank-stabilised adapter.
  /// - Parameters:
  ///   - names: The layer's path, and what the file calls the layer.
  ///   - rank: The rank of its matrices.
  /// - Note: Kalajdzievski, arXiv:2312.03732.
  func scale(of names: [String], rank: Int) -> Double {
    let alpha = Self.value(of: names, in: alphaPattern) ?? alpha
    return alpha / (dividesByRoot ? Double(rank).squareRoot() : Double(rank))
  }

  /// The rank that a layer should have; nil where nothing is said of it.
  func rank(of names: [String]) -> Double? { Self.value(of: names, in: rankPattern) ?? rank }

  /// The patterns that match no layer, in order.
  func idlePatterns(among names: [String]) -> [String] {
    let ends = Set(names.flatMap(Self.ends) + names.map { "^" + $0 })
    return Set(alphaPattern.keys).union(rankPattern.keys).subtracting(ends).sorted()
  }

  /// The value of the pattern that matches a layer, the longest if several do.
  ///
  /// PEFT's patterns end a module path at one of its dots; those that diffusers writes begin with `^` and
  /// are whole paths.
  private static func value(of names: [String], in pattern: [String: Double]) -> Double? {
    guard !pattern.isEmpty else { return nil }
    for name in names {
      if let value = pattern["^" + name] { return value }
      for end in ends(of: name) {
        if let value = pattern[end] { return value }
      }
    }
    return nil
  }

  /// A path from each of its names on, the whole first.
  private static func ends(of path: String) -> [String] {
    path.indices.filter { $0 == path.startIndex || path[path.index(before: $0)] == "." }
      .map { String(path[$0...]) }
  }
}

extension LoRAMetadata {
  /// What a file's header says, the configuration first.
  static func inHeader(
    _ metadata: [String: String], file: String
  ) throws(Flux2Error) -> [LoRAMetadata] {
    var found: [LoRAMetadata] = []
    if let text = metadata[key], let configuration = try LoRAMetadata(text, file: file) {
      found.append(configuration)
    }
    if let text = metadata["lora_alpha"] {
      guard let alpha = Double(text), alpha.isFinite else {
        throw Flux2Error(.adapter, file, "the header's lora_alpha is no number")
      }
      var values: [String: ConfigurationValue] = ["lora_alpha": .number(alpha)]
      for name in ["use_rslora", "use_dora"] {
        values[name] = .flag(["true", "True", "1"].contains(metadata[name] ?? ""))
      }
      found.append(try LoRAMetadata(values, source: "the header's lora_alpha", file: file))
    }
    return found
  }

  /// Reads diffusers' configuration.
  /// - Parameters:
  ///   - text: JSON whose keys begin with `transformer.`, or with nothing.
  ///   - file: What messages call the file.
  /// - Returns: `nil` when it says nothing of the transformer.
  private init?(_ text: String, file: String) throws(Flux2Error) {
    guard
      let root = try? JSONDecoder().decode(ConfigurationValue.self, from: Data(text.utf8)),
      case .section(let values) = root
    else { throw Flux2Error(.adapter, file, "\(Self.key) is no JSON object") }
    let prefix = "transformer."
    var own: [String: ConfigurationValue] = [:]
    for (key, value) in values where key.hasPrefix(prefix) {
      own[String(key.dropFirst(prefix.count))] = value
    }
    if own.isEmpty {
      guard values["lora_alpha"] != nil else { return nil }
      own = values
    }
    try self.init(own, source: Self.key, file: file)
  }
}
