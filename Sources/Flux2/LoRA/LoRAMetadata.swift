internal import JSONText
internal import Text

/// What one source says of an adapter's scale, in the words of PEFT's configuration (spec §10).
///
/// There are three: the configuration that diffusers puts into the file's header, a bare `lora_alpha` there,
/// and the `adapter_config.json` that PEFT writes beside the file.
struct LoRAMetadata {
  /// Where diffusers puts the configuration in the header.
  static let key: ByteString = "lora_adapter_metadata"

  /// What messages call the source.
  let source: String
  private let alpha: Double
  private let alphaPattern: [ByteString: Double]
  private let rank: Double?
  private let rankPattern: [ByteString: Double]
  private let dividesByRoot: Bool

  /// Takes a configuration apart.
  /// - Parameters:
  ///   - values: Its values, their keys without prefix.
  ///   - source: What messages call it.
  ///   - file: What messages call the adapter.
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

  /// Refuses what is no plain LoRA.
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
  func idlePatterns(among names: [String]) -> [ByteString] {
    let ends = Set(names.flatMap(Self.ends) + names.map { ByteString("^" + $0) })
    return Set(alphaPattern.keys).union(rankPattern.keys).subtracting(ends).sorted()
  }

  /// The value of the pattern that matches a layer, the longest if several do.
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

  /// A path from each of its names on, the whole first.
  private static func ends(of path: String) -> [ByteString] {
    let path = ByteString(path)
    return path.indices.filter { $0 == path.startIndex || path[$0 - 1] == UInt8(ascii: ".") }
      .map { path[$0..<path.endIndex] }
  }
}

extension LoRAMetadata {
  /// What a file's header says, the configuration first.
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
  ///   - file: What messages call the file.
  /// - Returns: `nil` when it says nothing of the transformer.
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
