internal import Files
internal import FoundationEssentials
internal import JSONText
internal import Text

/// Where an adapter's files are: its weights, and the configuration that PEFT writes beside them.
struct AdapterFiles {
  /// The name of PEFT's configuration, which it writes beside the first of `stems`.
  static let configurationName = "adapter_config.json"
  /// The names that PEFT and diffusers write weights under, into a folder for each adapter.
  private static let stems = ["adapter_model", "pytorch_lora_weights"]

  /// The file with the tensors.
  let weights: String
  /// The configuration, where there is one.
  let configuration: String?

  /// Finds the files.
  ///
  /// A configuration belongs to any file beside it, unless PEFT's own file is there too, which is then
  /// the one that it was written with.
  /// - Parameter path: A file of weights, or a folder in which PEFT or diffusers wrote one.
  init(_ path: String) throws(Flux2Error) {
    let isFolder = BoundedFile.isFolder(path)
    let url = URL(fileURLWithPath: path)
    let folder = isFolder ? path : url.deletingLastPathComponent().path
    let names = Self.stems.map { folder + "/" + $0 + ".safetensors" }
    if isFolder {
      guard let file = names.first(where: BoundedFile.exists) else {
        throw Flux2Error(
          .adapter, path,
          "is a folder without \(Self.stems[0]).safetensors"
            + (BoundedFile.exists(folder + "/\(Self.stems[0]).bin")
              ? "; its \(Self.stems[0]).bin is a pickle, which is not read" : ""))
      }
      weights = file
    } else {
      weights = path
    }
    let isOwn = URL(fileURLWithPath: weights).lastPathComponent == Self.stems[0] + ".safetensors"
    let json = folder + "/" + Self.configurationName
    configuration =
      BoundedFile.exists(json) && (isOwn || !BoundedFile.exists(names[0])) ? json : nil
  }
}

/// Keys of PEFT's configuration that say nothing of what the adapter does once it is trained, or that
/// `LoRAMetadata` reads.
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

extension LoRAMetadata {
  /// Reads PEFT's configuration.
  /// - Returns: The configuration, and what there is to say of its keys.
  static func beside(
    _ path: String, file: String
  ) throws(Flux2Error) -> (metadata: LoRAMetadata, warnings: [AdapterWarning]) {
    let name = AdapterFiles.configurationName
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
