import Flux2
import Tensors
import Testing
import Text
import Weights

/// Tests of an adapter's scale from files beside its matrices.
@Suite struct AdapterConfigurationTests {
  /// The scales of an adapter of which all are the same.
  private func scale(_ adapter: Adapter) throws -> Float {
    let scales = Set(adapter.changes.values.map(\.scale))
    try #require(scales.count == 1)
    return try #require(scales.first)
  }

  private func rank(_ adapter: Adapter) throws -> Float {
    Float(try #require(adapter.changes.first?.value.matrices).down.shape[0])
  }

  @Test(arguments: ["adapter_model.safetensors", ""])
  func `lies beside it, and is read by file and by folder`(opened: String) throws {
    let plain = try AdapterFolder.open(beside: [:], opening: opened)
    #expect(try scale(plain) == 1 && plain.warnings.isEmpty)
    let rank = try rank(plain)
    let twice = try AdapterFolder.open(
      beside: AdapterFolder.configuration(#""r": \#(rank), "lora_alpha": \#(2 * rank)"#),
      opening: opened)
    #expect(try scale(twice) == 2 && twice.warnings.isEmpty)
    let stable = try AdapterFolder.open(
      beside: AdapterFolder.configuration(
        #""r": \#(rank), "lora_alpha": 6, "use_rslora": true, "use_dora": false"#))
    #expect(abs(try scale(stable) - 6 / rank.squareRoot()) < 1e-6)
  }

  @Test func `counts as it was written last, and a key that is there twice is named`() throws {
    let rank = try rank(AdapterFolder.open(beside: [:]))
    let adapter = try AdapterFolder.open(
      beside: AdapterFolder.configuration(
        #""r": \#(rank), "lora_alpha": 1, "lora_\u0061lpha": \#(2 * rank)"#))
    #expect(try scale(adapter) == 2)
    #expect(adapter.warnings.map(\.kind) == [.keyRepeated])
    #expect(adapter.warnings.first?.message.contains("`lora_alpha` twice") == true)
  }

  @Test func `may be of a file of any name, but not of one beside PEFT's own`() throws {
    let configuration = AdapterFolder.configuration(#""lora_alpha": 1000"#)
    let other = try AdapterFolder.open(as: "style.safetensors", beside: configuration)
    #expect(try scale(other) > 1)
    let both = configuration.merging(["adapter_model.safetensors": ""]) { first, _ in first }
    #expect(try scale(AdapterFolder.open(as: "style.safetensors", beside: both)) == 1)
  }

  @Test func `may give layers alphas of their own`() throws {
    let adapter = try AdapterFolder.open(
      beside: AdapterFolder.configuration(
        #""lora_alpha": 4, "alpha_pattern": {"transformer_blocks.0.attn.to_q": 8}"#))
    let rank = try rank(adapter)
    #expect(adapter.changes["transformer_blocks.0.attn.to_q"]?.scale == 8 / rank)
    #expect(adapter.changes["transformer_blocks.1.attn.to_q"]?.scale == 4 / rank)
    #expect(adapter.warnings.isEmpty)
  }

  @Test func `that disagrees with the file's own alphas counts less, and is told`() throws {
    let adapter = try AdapterFolder.open(
      "kohya.safetensors", beside: AdapterFolder.configuration(#""lora_alpha": 1000"#))
    #expect(try scale(adapter) == 1.5)
    #expect(adapter.warnings.map(\.kind) == [.scaleConflict])
    let message = try #require(adapter.warnings.first?.message)
    #expect(message.contains("adapter_config.json") && message.contains("1.5"))
    let header = try AdapterFolder.open(
      "peft_metadata.safetensors", beside: AdapterFolder.configuration(#""lora_alpha": 1000"#))
    #expect(try scale(header) == 1.5 && header.warnings.count == 1)
    #expect(header.warnings.first?.message.contains("lora_adapter_metadata 1.5") == true)
  }

  @Test func `that has numbers beyond any integer is told as any other`() throws {
    let ranks = try AdapterFolder.open(
      beside: AdapterFolder.configuration(#""r": 1e300, "lora_alpha": 4"#))
    #expect(ranks.warnings.first?.message.contains("the rank 1e+300") == true)
    let alphas = try AdapterFolder.open(
      "kohya.safetensors", beside: AdapterFolder.configuration(#""lora_alpha": 1e300"#))
    #expect(alphas.warnings.map(\.kind) == [.scaleConflict])
  }

  @Test func `whose ranks are not those of the matrices is told`() throws {
    let adapter = try AdapterFolder.open(
      beside: AdapterFolder.configuration(#""r": 77, "lora_alpha": 4"#))
    #expect(adapter.warnings.map(\.kind) == [.scaleConflict])
    #expect(adapter.warnings.first?.message.contains("the rank 77") == true)
  }

  @Test func `with keys and patterns that mean nothing here is told`() throws {
    let adapter = try AdapterFolder.open(
      beside: AdapterFolder.configuration(
        #""lora_alpha": 4, "alpha_pattern": {".*to_x": 1}, "warp": 9, "idle": null, "off": false"#))
    #expect(adapter.warnings.map(\.kind) == [.keyIgnored, .keyIgnored])
    let messages = adapter.warnings.map(\.message)
    #expect(messages[0].contains(".*to_x") && messages[1].contains("warp"))
  }

  @Test(arguments: [
    (#""lora_alpha": 4, "use_dora": true"#, "DoRA"),
    (#""lora_alpha": 4, "use_qalora": true"#, "QALoRA"),
    (#""peft_type": "OFT", "lora_alpha": 4"#, "OFT"),
    (#""peft_type": "LOKR", "lora_alpha": 4"#, "no alpha"),
    (#""peft_type": "LOHA", "alpha": "4""#, "alpha that is no number"),
    (#""lora_alpha": 4, "layer_replication": [[0, 2]]"#, "layer_replication"),
    (#""lora_alpha": 4, "init_lora_weights": "pissa_niter_16""#, "init_lora_weights"),
    (#""lora_alpha": 4, "init_lora_weights": "olora""#, "init_lora_weights"),
    (#""r": 2"#, "lora_alpha"),
    (#""lora_alpha": "4""#, "lora_alpha"),
    (#""lora_alpha": 4, "alpha_pattern": [1]"#, "alpha_pattern"),
    (#""lora_alpha": 4, "alpha_pattern": {"to_q": "x"}"#, "alpha_pattern"),
    (#""lora_alpha": 1e300"#, "scale"),
  ])
  func `that cannot be followed is refused`(members: String, says: String) {
    let error = #expect(throws: Flux2Error.self) {
      try AdapterFolder.open(beside: ["adapter_config.json": "{\(members)}"])
    }
    #expect(
      error?.code == .adapter && error?.detail.contains(says) == true, "\(error?.detail ?? "")")
  }

  @Test func `that is no JSON object is refused`() {
    let error = #expect(throws: Flux2Error.self) {
      try AdapterFolder.open(beside: ["adapter_config.json": "[]"])
    }
    #expect(error?.detail.contains("adapter_config.json") == true)
  }

  static let headers: [(metadata: [ByteString: ByteString], scale: Float)] = [
    (["lora_alpha": "3"], 1.5),
    (["lora_alpha": "8", "use_rslora": "true"], 8 / Float(2).squareRoot()),
    (["lora_adapter_metadata": #"{"lora_alpha":6,"r":2}"#], 3),
    (["lora_alpha": "6", "lora_adapter_metadata": #"{"transformer.lora_alpha":2}"#], 1),
  ]

  @Test(arguments: headers.indices)
  func `may be words of the header`(index: Int) throws {
    let (metadata, scale) = Self.headers[index]
    let shapes = [
      "\(AdapterFolder.q).lora_A.weight": [2, 48], "\(AdapterFolder.q).lora_B.weight": [48, 2],
    ]
    let checkpoint = Checkpoint(
      tensors: LoRAFixture.checkpoint(shapes).tensors, name: "x", metadata: metadata)
    let adapter = try Adapter(checkpoint, for: try LoRAFixture.configuration("tiny"))
    #expect(adapter.changes.values.map(\.scale) == [scale])
    #expect(adapter.warnings.isEmpty == (metadata.count == 1 || metadata["use_rslora"] != nil))
  }

  @Test(arguments: ["many", "nan", ""])
  func `whose words are no numbers is refused`(alpha: String) {
    let checkpoint = Checkpoint(
      tensors: [:], name: "x", metadata: ["lora_alpha": ByteString(alpha)])
    let error = #expect(throws: Flux2Error.self) {
      try Adapter(checkpoint, for: try LoRAFixture.configuration("tiny"))
    }
    #expect(error?.detail.contains("lora_alpha") == true)
  }

  @Test func `in a folder without weights is refused, a pickle by its name`() {
    let error = #expect(throws: Flux2Error.self) {
      try AdapterFolder.open(
        as: "other.safetensors", beside: ["adapter_model.bin": "x"], opening: "")
    }
    #expect(error?.detail.contains("pickle") == true)
  }
}
