import Flux2
import Foundation
import TestSupport
import Testing

@Suite struct ConfigurationTests {
  /// A configuration file of a reference model, one value changed.
  private static func changed(
    _ file: String, _ key: String, to value: String?, in body: (String) throws -> Void
  ) throws {
    let source = "\(ReferenceModel.all[1].directory)/\(file)"
    var object = try #require(
      JSONSerialization.jsonObject(with: Data(contentsOf: URL(filePath: source)))
        as? [String: Any])
    object[key] = try value.map {
      try JSONSerialization.jsonObject(with: Data($0.utf8), options: .fragmentsAllowed)
    }
    let folder = try TemporaryFolder()
    let json = try JSONSerialization.data(withJSONObject: object)
    try body(folder.write(json, to: "config.json"))
  }

  @Test(arguments: [
    ("guidance_embeds", "true"), ("guidance_embeds", nil), ("patch_size", "2"),
    ("in_channels", "8"), ("in_channels", "1e300"), ("out_channels", "7"),
    ("num_layers", "-1"), ("num_layers", "1000000000000"), ("num_layers", "2.5"),
    ("num_layers", "\"2\""), ("num_attention_heads", "0"), ("attention_head_dim", "9999999"),
    ("axes_dims_rope", "[4, 4, 4]"), ("axes_dims_rope", "[1, 2, 3, 4]"),
    ("axes_dims_rope", "{}"), ("mlp_ratio", "0"), ("mlp_ratio", "1e9"), ("rope_theta", "0"),
    ("eps", "-1"), ("timestep_guidance_channels", "3"), ("joint_attention_dim", "0"),
  ])
  func `a transformer that cannot be run is refused by key`(key: String, value: String?) throws {
    try Self.changed("transformer/config.json", key, to: value) { file in
      let error = try #require(throws: Flux2Error.self) {
        try TransformerConfiguration(file: file)
      }
      #expect(error.code == .configuration && error.subject == file)
      #expect(error.detail.contains("expected"), "\(error.detail)")
    }
  }

  @Test(arguments: [
    ("attention_bias", "true"), ("use_sliding_window", "true"), ("hidden_act", "\"gelu\""),
    ("head_dim", "7"), ("head_dim", "0"), ("num_key_value_heads", "5"), ("vocab_size", nil),
    ("vocab_size", "99999999999"), ("hidden_size", "0"), ("num_hidden_layers", "null"),
    ("rms_norm_eps", "0"), ("rope_parameters", "{\"rope_type\": \"yarn\", \"rope_theta\": 1e6}"),
    ("rope_scaling", "{\"type\": \"linear\", \"factor\": 2}"),
  ])
  func `a text encoder that cannot be run is refused by key`(key: String, value: String?) throws {
    try Self.changed("text_encoder/config.json", key, to: value) { file in
      let error = try #require(throws: Flux2Error.self) {
        try TextEncoderConfiguration(file: file)
      }
      #expect(error.detail.contains(key), "\(error.detail)")
    }
  }

  @Test(arguments: [
    ("shift_terminal", "0.02"), ("invert_sigmas", "true"), ("use_karras_sigmas", "true"),
    ("num_train_timesteps", "500"), ("shift", "0"), ("shift", "\"3\""),
    ("use_dynamic_shifting", "1"),
  ])
  func `a schedule that cannot be followed is refused by key`(key: String, value: String) throws {
    try Self.changed("scheduler/scheduler_config.json", key, to: value) { file in
      let error = try #require(throws: Flux2Error.self) { try SchedulerConfiguration(file: file) }
      #expect(error.detail.contains(key), "\(error.detail)")
    }
  }

  @Test(arguments: [
    ("text_encoder_out_layers", "[]"), ("text_encoder_out_layers", "[-1]"),
    ("text_encoder_out_layers", "[3.5]"), ("text_encoder_out_layers", "9"),
    ("max_sequence_length", "0"), ("max_sequence_length", "1000000"), ("is_distilled", "\"yes\""),
    ("native_sizes", "9"), ("native_sizes", "[256, 256]"), ("native_sizes", "[[256]]"),
    ("native_sizes", "[[256, 8]]"), ("native_sizes", "[[256, 25.5]]"),
    ("boundary_ratio", "1.5"), ("boundary_ratio", "\"low\""), ("guidance_limit", "0"),
  ])
  func `a model index that makes no sense is refused by key`(key: String, value: String) throws {
    try Self.changed("model_index.json", key, to: value) { file in
      let error = try #require(throws: Flux2Error.self) { try ModelIndex(file: file) }
      #expect(error.detail.contains(key), "\(error.detail)")
    }
  }

  @Test(arguments: [("text_encoder_out_layers", [9, 18, 27]), ("max_sequence_length", [512])])
  func `absent keys of the model index mean klein's values`(key: String, value: [Int]) throws {
    try Self.changed("model_index.json", key, to: nil) { file in
      let index = try ModelIndex(file: file)
      #expect(
        (key == "max_sequence_length" ? [index.promptLength] : index.textEncoderOutputs) == value)
    }
  }

  @Test func `a model that does not say it is distilled is not`() throws {
    try Self.changed("model_index.json", "is_distilled", to: nil) { file in
      let index = try ModelIndex(file: file)
      #expect(!index.isDistilled)
    }
  }

  @Test(arguments: ["5000.0", "5000"])
  func `the rotary base may be whole or not`(base: String) throws {
    let newer = "{\"rope_type\": \"default\", \"rope_theta\": \(base)}"
    try Self.changed("text_encoder/config.json", "rope_parameters", to: newer) { file in
      let configuration = try TextEncoderConfiguration(file: file)
      #expect(configuration.ropeTheta == 5000)
    }
  }

  @Test func `a text encoder without a rotary base has Qwen3's`() throws {
    try Self.changed("text_encoder/config.json", "rope_parameters", to: nil) { file in
      let configuration = try TextEncoderConfiguration(file: file)
      #expect(configuration.ropeTheta == 1_000_000)
    }
  }

  @Test(arguments: ["", "[]", "{", "{\"a\": .5}", "3"])
  func `a file that is no JSON object is an error`(content: String) throws {
    let folder = try TemporaryFolder()
    let file = try folder.write(content, to: "model_index.json")
    #expect(throws: Flux2Error.self) { try ModelIndex(file: file) }
  }

  @Test(arguments: ["/nonexistent/model_index.json", "/dev/zero", "/"])
  func `what is no regular file is an error`(path: String) {
    #expect(throws: Flux2Error.self) { try ModelIndex(file: path) }
  }
}
