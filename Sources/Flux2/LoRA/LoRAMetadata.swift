import JSON
import Text

/// One source's scales and ranks of an adapter's layers, in the words of PEFT's configuration (spec §10).
///
/// There are three sources: the configuration that diffusers puts into the file's header, a bare
/// `lora_alpha` there, and the `adapter_config.json` that PEFT writes beside the file.
struct LoRAMetadata {
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

  /// Parses a configuration.
  /// - Parameters:
  ///   - values: Its values, their keys without prefix.
  ///   - source: Its name, for messages.
  ///   - file: The adapter's name, for messages.
  init(
    _ values: JSONObject, source: String, file: String
  ) throws(Flux2Error) {
    func wrong(_ problem: String) -> Flux2Error {
      Flux2Error(.adapter, file, "\(source) \(problem)")
    }
    guard let alpha = Self.number(values["lora_alpha"]) else {
      throw wrong(
        values["lora_alpha"] == nil ? "has no lora_alpha" : "has a lora_alpha that is no number")
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
    self.alpha = alpha
    alphaPattern = try pattern("alpha_pattern")
    rank = Self.number(values["r"])
    rankPattern = try pattern("rank_pattern")
    dividesByRoot = values["use_rslora"] == .boolean(true)
    try Self.refuseOthers(values, source: source, file: file)
  }

  private static func number(_ value: JSONValue?) -> Double? {
    if case .number(let number)? = value { number.double } else { nil }
  }

  /// Refuses adapters other than plain LoRA.
  private static func refuseOthers(
    _ values: JSONObject, source: String, file: String
  ) throws(Flux2Error) {
    func refuse(_ kind: String) -> Flux2Error {
      Flux2Error(
        .adapter, file, "\(source) says that it is \(kind), which is not supported; only LoRA is")
    }
    if case .string(let type)? = values["peft_type"], type != "LORA" {
      throw refuse("of the type \"\(type)\"")
    }
    let kinds: [(ByteString, String)] = [
      ("use_dora", "a DoRA adapter"), ("use_qalora", "a QALoRA adapter"),
    ]
    for (key, kind) in kinds where values[key] == .boolean(true) { throw refuse(kind) }
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

  /// Returns a layer's scale: `alpha / r`, or `alpha / √r` for a rank-stabilised adapter.
  /// - Parameters:
  ///   - names: The layer's path, and its name in the file.
  ///   - rank: The rank of its matrices.
  /// - Note: Kalajdzievski, arXiv:2312.03732.
  func scale(of names: [String], rank: Int) -> Double {
    let alpha = Self.value(of: names, in: alphaPattern) ?? alpha
    return alpha / (dividesByRoot ? Double(rank).squareRoot() : Double(rank))
  }

  /// Returns the rank that a layer should have; nil where the source has none.
  func rank(of names: [String]) -> Double? { Self.value(of: names, in: rankPattern) ?? rank }

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

extension LoRAMetadata {
  /// Reads a file's header: diffusers' configuration first, then a bare `lora_alpha`.
  static func inHeader(
    _ metadata: [ByteString: ByteString], file: String
  ) throws(Flux2Error) -> [LoRAMetadata] {
    var found: [LoRAMetadata] = []
    if let text = metadata[key], let configuration = try LoRAMetadata(text, file: file) {
      found.append(configuration)
    }
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
        try LoRAMetadata(JSONObject(members), source: "the header's lora_alpha", file: file))
    }
    return found
  }

  /// Reads diffusers' configuration.
  /// - Parameters:
  ///   - text: JSON whose keys begin with `transformer.`, or with nothing.
  ///   - file: The file's name, for messages.
  /// - Returns: nil when it has no values for the transformer.
  private init?(_ text: ByteString, file: String) throws(Flux2Error) {
    guard let root = try? JSONDocument(Array(text)).root, case .object(let values) = root else {
      throw Flux2Error(.adapter, file, "\(Self.key) is no JSON object")
    }
    let prefix: ByteString = "transformer."
    let own = values.members.filter { $0.name.starts(with: prefix) }.map {
      JSONObject.Member(
        name: $0.name[($0.name.startIndex + prefix.count)..<$0.name.endIndex], value: $0.value)
    }
    if own.isEmpty, values["lora_alpha"] == nil { return nil }
    try self.init(own.isEmpty ? values : JSONObject(own), source: "\(Self.key)", file: file)
  }
}

extension LoRAMetadata {
  /// Reads PEFT's configuration beside a file.
  /// - Returns: The configuration, and warnings about its keys.
  static func beside(
    _ path: String, file: String
  ) throws(Flux2Error) -> (metadata: LoRAMetadata, warnings: [AdapterWarning]) {
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
    return (try LoRAMetadata(json.values, source: name, file: file), warnings)
  }
}

/// Chooses each layer's scale from several sources, of which the first counts, and notes disagreements.
struct ScaleResolver {
  /// The name of the file's own alphas, for messages.
  private static let ownName = "the file's own alpha"

  private let sources: [LoRAMetadata]
  /// The first disagreement of each two sources, and how many layers share it.
  private var conflicts: [String: (text: String, count: Int)] = [:]
  private var layerCount = 0
  private var names: [String] = []

  /// - Parameter sources: The sources beside the layers' own alphas, in the order of precedence.
  init(_ sources: [LoRAMetadata]) { self.sources = sources }

  /// Returns the scale of a layer.
  /// - Parameters:
  ///   - names: The layer's path, and its name in the file.
  ///   - rank: The rank of its matrices.
  ///   - own: The scale by the layer's own alpha.
  mutating func scale(of names: [String], rank: Int, own: Double?) -> Double {
    layerCount += 1
    self.names += names
    let said =
      (own.map { [(Self.ownName, $0)] } ?? [])
      + sources.map { ($0.source, $0.scale(of: names, rank: rank)) }
    guard let (counting, scale) = said.first else { return 1 }
    for (source, other) in said.dropFirst() where abs(other - scale) > 1e-6 * abs(scale) {
      note(source, "\(source) gives the scale \(Self.text(other)), \(counting) \(Self.text(scale))")
    }
    for source in sources {
      if let other = source.rank(of: names), other != Double(rank) {
        note(
          source.source + " r",
          "\(source.source) gives the rank \(Self.text(other)), the matrices have \(rank)")
      }
    }
    return scale
  }

  private mutating func note(_ key: String, _ text: String) {
    conflicts[key, default: (text, 0)].count += 1
  }

  /// The disagreements and the patterns without effect, in a stable order.
  var warnings: [AdapterWarning] {
    let disagreements = conflicts.sorted { $0.key < $1.key }.map { _, conflict in
      AdapterWarning(
        .scaleConflict,
        "\(conflict.text) in \(conflict.count) of \(layerCount) layers; the latter counts")
    }
    let idle = sources.flatMap { source in
      source.idlePatterns(among: names).prefix(3).map {
        AdapterWarning(
          .keyIgnored, "\(source.source) has a pattern that matches no layer: \($0)")
      }
    }
    return disagreements + idle
  }

  /// 2 rather than 2.0.
  private static func text(_ number: Double) -> String {
    Int(exactly: number).map { "\($0)" } ?? "\(Double(Int((number * 1000).rounded())) / 1000)"
  }
}

/// Keys of PEFT's configuration that have no effect on a trained adapter, or that `LoRAMetadata` reads.
private let knownKeys: Set<ByteString> = [
  "alpha_pattern", "alora_invocation_tokens", "arrow_config", "auto_mapping",
  "base_model_name_or_path",
  "bias", "corda_config", "ensure_weight_tying", "eva_config", "exclude_modules", "fan_in_fan_out",
  "inference_mode", "init_lora_weights", "layer_replication", "layers_pattern",
  "layers_to_transform",
  "loftq_config", "lora_alpha", "lora_bias", "lora_dropout", "lora_ga_config", "megatron_config",
  "megatron_core", "modules_to_save", "peft_type", "peft_version", "qalora_group_size", "r",
  "rank_pattern", "revision", "runtime_config", "target_modules", "target_parameters", "task_type",
  "trainable_token_indices", "use_bdlora", "use_dora", "use_qalora", "use_rslora",
]
