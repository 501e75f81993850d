import Imaging
import Rendering
import Tensors
import Testing

@Suite struct RenderMetadataTests {
  static let generated = RenderMetadata(
    prompt: "żółta łódź 🦊\nsecond line", seed: (1 << 53) - 1, stepCount: 4, guidanceScale: 3.5,
    size: PixelSize(width: 768, height: 512), loras: [], referenceCount: nil,
    strength: nil, modelHash: "0123456789ab", version: "1.2.3")

  static let edited = RenderMetadata(
    prompt: "", seed: 0, stepCount: 50, guidanceScale: 1, size: PixelSize(width: 64, height: 64),
    loras: [RenderMetadata.LoRA(name: "dark", strength: 0.8)], referenceCount: 1, strength: 0.75,
    modelHash: "ab",
    precision: .int8, products: .openblas, version: "1")

  static let mixed = RenderMetadata(
    prompt: "", seed: 1, stepCount: 4, guidanceScale: 1, size: PixelSize(width: 64, height: 64),
    loras: [
      RenderMetadata.LoRA(name: "dark", strength: 0.8),
      RenderMetadata.LoRA(name: "my \"own\", =.safetensors", strength: -0.3),
    ], referenceCount: nil, strength: nil, modelHash: "ab", version: "1")

  static let repainted = {
    var metadata = edited
    metadata.negativePrompt = "塔\u{1}\n"
    metadata.hasMask = true
    return metadata
  }()

  @Test(arguments: [generated, edited, mixed, repainted])
  func `metadata survives a file of every format`(metadata: RenderMetadata) throws {
    let raster = Raster(width: 2, height: 1, pixels: [1, 2, 3, 4, 5, 6])
    for format in OutputFormat.allCases {
      let file = try ImageEncoder.encode(
        raster, as: ImageEncoding(format), text: metadata.texts)
      #expect(RenderMetadata(texts: try ImageTextReader.read(file)) == metadata)
    }
  }

  @Test func `a generated image does not speak of references or strengths`() {
    let keywords = Self.generated.texts.map(\.keyword)
    #expect(
      keywords == [
        "prompt", "seed", "steps", "guidance", "size", "lora", "model_hash", "version",
      ])
  }

  @Test func `several LoRAs are a list, and one is not`() {
    let list = Self.mixed.texts.filter { $0.keyword.hasPrefix("lora") }
    #expect(list.map(\.keyword) == ["loras"])
    #expect(list[0].value.hasPrefix(#"[{"name":"dark","strength":0.8},{"name":"my \"own"#))
    let single = Self.edited.texts.filter { $0.keyword.hasPrefix("lora") }
    #expect(single.map(\.keyword) == ["lora", "lora_strength"])
  }

  @Test(arguments: [
    "", "[1]", #"{"name":"a","strength":1}"#, #"[{"name":"a"}]"#, #"[{"strength":1}]"#,
  ])
  func `a list of LoRAs that is none is not metadata`(value: String) {
    let texts = Self.mixed.texts.map {
      $0.keyword == "loras" ? ImageText(keyword: "loras", value: value) : $0
    }
    #expect(RenderMetadata(texts: texts) == nil)
  }

  @Test func `texts of other programs are not metadata`() {
    #expect(RenderMetadata(texts: []) == nil)
    #expect(RenderMetadata(texts: [ImageText(keyword: "prompt", value: "a fox")]) == nil)
    for missing in Self.generated.texts.indices {
      var texts = Self.generated.texts
      texts.remove(at: missing)
      #expect(RenderMetadata(texts: texts) == nil)
    }
  }

  @Test(arguments: [
    ("seed", "many"), ("steps", "many"), ("guidance", "many"), ("size", "many"), ("steps", "0"),
    ("size", "0x64"), ("guidance", "nan"), ("strength", "inf"), ("lora_strength", "nan"),
    ("precision", "fp4"), ("products", "mkl"),
  ])
  func `numbers that are none, and unknown words, are not metadata`(keyword: String, value: String)
  {
    let texts = Self.edited.texts.map {
      $0.keyword == keyword ? ImageText(keyword: keyword, value: value) : $0
    }
    #expect(RenderMetadata(texts: texts) == nil)
  }
}
