import JSON
import Text

/// One source's scales and ranks of an adapter's layers, in the words of PEFT's configurations (spec §10): those
/// of LoRA, LoHa and LoKr.
///
/// There are three sources: the configuration that diffusers puts into the file's header, a bare
/// `lora_alpha` there, and the `adapter_config.json` that PEFT writes beside the file.
struct AdapterMetadata {
  /// The name of the configuration that PEFT writes beside the weights.
  static let fileName = "adapter_config.json"
  /// The header's entry that holds diffusers' configuration.
  private static let key: ByteString = "lora_adapter_metadata"

  /// The source's name, for messages.
  let source: String
  private let alpha: Double
  private let alphaPattern: [ByteString: Double]
  private let rank: Double?
  private let rankPattern: [ByteString: Double]
  private let dividesByRoot: Bool
  /// True if it says that layers have magnitudes.
  let usesDoRA: Bool
  /// What the paths begin with that it speaks of; nil for all.
  private let component: Component?

  /// The network that a source speaks of.
  enum Component: String, CaseIterable {
    case transformer
    case textEncoder = "text_encoder"

    /// Returns true for the path of one of its layers.
    func contains(_ path: String) -> Bool {
      path.hasPrefix(AdapterLayerIndex.textEncoderPrefix) == (self == .textEncoder)
    }
  }

  /// Parses a configuration.
  /// - Parameters:
  ///   - values: Its values, their keys without prefix.
  ///   - component: The network that it speaks of; nil for all.
  ///   - source: Its name, for messages.
  ///   - file: The adapter's name, for messages.
  init(
    _ values: JSONObject, of component: Component? = nil, source: String, file: String
  ) throws(Flux2Error) {
    func wrong(_ problem: String) -> Flux2Error {
      Flux2Error(.adapter, file, "\(source) \(problem)")
    }
    try Self.refuseOthers(values, source: source, file: file)
    // LoHa and LoKr have another name for it.
    let type = values["peft_type"]
    let key: ByteString =
      type == .string("LOHA") || type == .string("LOKR") ? "alpha" : "lora_alpha"
    guard let alpha = Self.number(values[key]) else {
      throw wrong(values[key] == nil ? "has no \(key)" : "has a \(key) that is no number")
    }
    func pattern(_ key: ByteString) throws(Flux2Error) -> [ByteString: Double] {
      guard let value = values[key] else { return [:] }
      guard case .object(let entries) = value else {
        throw wrong("has a \(key) that is no object")
      }
      var numbers: [ByteString: Double] = [:]
      for entry in entries.members {
        guard let number = Self.number(entry.value) else {
          throw wrong("has a \(key) with something else than numbers")
        }
        numbers[entry.name] = number
      }
      return numbers
    }
    self.source = source
    self.component = component
    self.alpha = alpha
    alphaPattern = try pattern("alpha_pattern")
    rank = Self.number(values["r"])
    rankPattern = try pattern("rank_pattern")
    dividesByRoot = values["use_rslora"] == .boolean(true)
    usesDoRA = values["use_dora"] == .boolean(true)
  }

  private static func number(_ value: JSONValue?) -> Double? {
    if case .number(let number)? = value { number.double } else { nil }
  }

  /// The types of PEFT that are read.
  private static let types: [ByteString] = ["LORA", "LOHA", "LOKR"]

  /// Refuses adapters of other types, and those of changed base models.
  private static func refuseOthers(
    _ values: JSONObject, source: String, file: String
  ) throws(Flux2Error) {
    func refuse(_ kind: String) -> Flux2Error {
      Flux2Error(.adapter, file, "\(source) says that it is \(kind), which is not supported")
    }
    if case .string(let type)? = values["peft_type"], !types.contains(type) {
      throw refuse("of the type \"\(type)\"")
    }
    if values["use_qalora"] == .boolean(true) { throw refuse("a QALoRA adapter") }
    // These begin from a part of the base model that they take away from its weights.
    if case .string(let start)? = values["init_lora_weights"],
      ["pissa", "olora", "corda", "loftq"].contains(where: { start.starts(with: $0 as ByteString) })
    {
      throw refuse("for a base model with changed weights (init_lora_weights \"\(start)\")")
    }
    for key in ["alora_invocation_tokens", "layer_replication"] as [ByteString]
    where values[key] != nil {
      throw refuse("an adapter with \(key)")
    }
  }

  /// Returns a layer's scale: `alpha / r`, or `alpha / √r` for a rank-stabilised adapter; nil where it says
  /// nothing about the layer.
  /// - Parameters:
  ///   - names: The layer's path, and its name in the file.
  ///   - rank: The rank of its matrices; nil for a LoKr of whole ones, whose scale PEFT takes from `r` alone.
  /// - Note: Kalajdzievski, arXiv:2312.03732.
  func scale(of names: [String], rank: Int?) -> Double? {
    guard speaks(of: names),
      let rank = rank.map({ Double($0) }) ?? self.rank(of: names)
    else { return nil }
    let alpha = Self.value(of: names, in: alphaPattern) ?? alpha
    return alpha / (dividesByRoot ? rank.squareRoot() : rank)
  }

  /// Returns the rank that a layer should have; nil where the source has none.
  func rank(of names: [String]) -> Double? {
    guard speaks(of: names) else { return nil }
    return Self.value(of: names, in: rankPattern) ?? rank
  }

  /// Returns true for a layer of its network, by the layer's path and its name in the file.
  private func speaks(of names: [String]) -> Bool {
    guard let component, let path = names.first else { return true }
    return component.contains(path)
  }

  /// Returns the patterns that match no layer, in order.
  func idlePatterns(among names: [String]) -> [ByteString] {
    let ends = Set(names.flatMap(Self.ends) + names.map { ByteString("^" + $0) })
    return Set(alphaPattern.keys).union(rankPattern.keys).subtracting(ends).sorted()
  }

  /// Returns the value of the pattern that matches a layer, the longest if several do.
  ///
  /// PEFT's patterns end a module path at one of its dots; those that diffusers writes begin with `^` and
  /// are whole paths.
  private static func value(of names: [String], in pattern: [ByteString: Double]) -> Double? {
    guard !pattern.isEmpty else { return nil }
    for name in names {
      if let value = pattern[ByteString("^" + name)] { return value }
      for end in ends(of: name) {
        if let value = pattern[end] { return value }
      }
    }
    return nil
  }

  /// Returns a path's suffixes at its dots, the whole path first.
  private static func ends(of path: String) -> [ByteString] {
    let path = ByteString(path)
    return path.indices.filter { $0 == path.startIndex || path[$0 - 1] == UInt8(ascii: ".") }
      .map { path[$0..<path.endIndex] }
  }
}

extension AdapterMetadata {
  /// Reads a file's header: diffusers' configuration first, then a bare `lora_alpha`.
  static func inHeader(
    _ metadata: [ByteString: ByteString], file: String
  ) throws(Flux2Error) -> [AdapterMetadata] {
    var found: [AdapterMetadata] = []
    if let text = metadata[key] { found += try configurations(text, file: file) }
    if let text = metadata["lora_alpha"] {
      guard let alpha = JSONNumber(text), alpha.double != nil else {
        throw Flux2Error(.adapter, file, "the header's lora_alpha is no number")
      }
      var members = [JSONObject.Member(name: "lora_alpha", value: .number(alpha))]
      for name: ByteString in ["use_rslora", "use_dora"] {
        let isSet = ["true", "True", "1"].contains(metadata[name] ?? "")
        members.append(.init(name: name, value: .boolean(isSet)))
      }
      found.append(
        try AdapterMetadata(JSONObject(members), source: "the header's lora_alpha", file: file))
    }
    return found
  }

  /// Reads diffusers' configurations.
  /// - Parameters:
  ///   - text: JSON whose keys begin with `transformer.` or `text_encoder.`, or with nothing.
  ///   - file: The file's name, for messages.
  /// - Returns: One for each network that it has values for.
  private static func configurations(
    _ text: ByteString, file: String
  ) throws(Flux2Error) -> [AdapterMetadata] {
    guard let root = try? JSONDocument(Array(text)).root, case .object(let values) = root else {
      throw Flux2Error(.adapter, file, "\(key) is no JSON object")
    }
    var found: [AdapterMetadata] = []
    for component in Component.allCases {
      let prefix = ByteString(component.rawValue + ".")
      let own = values.members.filter { $0.name.starts(with: prefix) }.map {
        JSONObject.Member(
          name: $0.name[($0.name.startIndex + prefix.count)..<$0.name.endIndex], value: $0.value)
      }
      guard !own.isEmpty else { continue }
      found.append(
        try AdapterMetadata(JSONObject(own), of: component, source: "\(key)", file: file))
    }
    guard found.isEmpty, values["lora_alpha"] != nil else { return found }
    return [try AdapterMetadata(values, source: "\(key)", file: file)]
  }
}

extension AdapterMetadata {
  /// Reads PEFT's configuration beside a file.
  /// - Returns: The configuration, and warnings about its keys.
  static func beside(
    _ path: String, file: String
  ) throws(Flux2Error) -> (metadata: AdapterMetadata, warnings: [AdapterWarning]) {
    let name = fileName
    let json: ConfigurationReader
    do {
      json = try ConfigurationReader(file: path)
    } catch {
      throw Flux2Error(.adapter, file, "\(name) beside it: \(error.detail)")
    }
    let strange = json.values.members.filter { member in
      ![.null, .boolean(false), .object(JSONObject()), .array([]), .string("")]
        .contains(member.value) && !knownKeys.contains(member.name)
    }
    let warnings =
      strange.map(\.name).sorted().prefix(3).map {
        AdapterWarning(.keyIgnored, "\(name) has a key that is not known: \($0)")
      }
      + json.repeatedKeys.map {
        AdapterWarning(.keyRepeated, "\(name) has the key `\($0)` twice; the last one counts")
      }
    return (try AdapterMetadata(json.values, source: name, file: file), warnings)
  }
}

/// Keys of PEFT's configuration that have no effect on a trained adapter, or that `AdapterMetadata` reads.
private let knownKeys: Set<ByteString> = [
  "alpha", "alpha_pattern", "alora_invocation_tokens", "arrow_config", "auto_mapping",
  "base_model_name_or_path",
  "bias", "corda_config", "decompose_both", "decompose_factor", "ensure_weight_tying", "eva_config",
  "exclude_modules", "fan_in_fan_out",
  "inference_mode", "init_lora_weights", "init_weights", "layer_replication", "layers_pattern",
  "layers_to_transform",
  "loftq_config", "lora_alpha", "lora_bias", "lora_dropout", "lora_ga_config", "megatron_config",
  "megatron_core", "module_dropout", "modules_to_save", "peft_type", "peft_version",
  "qalora_group_size", "r",
  "rank_dropout", "rank_dropout_scale", "rank_pattern", "revision", "runtime_config",
  "target_modules", "target_parameters", "task_type",
  "trainable_token_indices", "use_bdlora", "use_dora", "use_effective_conv2d", "use_qalora",
  "use_rslora",
]
