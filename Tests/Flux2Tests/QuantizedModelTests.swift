import Flux2
import Foundation
import Imaging
import Tensors
import TestSupport
import Testing
import Text
import Weights

@Suite struct QuantizedModelTests {
  private static let parts = [
    ("transformer", "diffusion_pytorch_model"), ("text_encoder", "model"),
  ]

  /// Writes a tiny model in a format.
  private static func fabricate(
    _ format: FabricationFormat, in folder: TemporaryFolder, _ factors: [Int] = []
  ) throws -> String {
    let directory = folder.path(format.rawValue)
    try ModelFabricator(.tiny, format: format, outlierFactors: factors)
      .write(to: directory, on: .forTests)
    return directory
  }

  /// The tensors of one part under the names of diffusers.
  private static func tensors(_ directory: String, _ part: String, _ stem: String) throws
    -> Checkpoint
  {
    let stored = try Checkpoint.open(directory: "\(directory)/\(part)", stem: stem)
      .readingQuantizedLayers()
    return part == "transformer"
      ? try SingleFile.transformer(stored) : try SingleFile.textEncoder(stored)
  }

  /// Copies a model with all weights decoded to float32.
  private static func decoded(_ directory: String) throws -> String {
    let copy = directory + "-decoded"
    try FileManager.default.copyItem(atPath: directory, toPath: copy)
    for (part, stem) in parts {
      for name in try FileManager.default.contentsOfDirectory(atPath: "\(copy)/\(part)")
      where name.hasPrefix(stem) {
        try FileManager.default.removeItem(atPath: "\(copy)/\(part)/\(name)")
      }
      let tensors = try Self.tensors(directory, part, stem).tensors.sorted { $0.key < $1.key }
      var writer = try SafetensorsWriter(
        path: "\(copy)/\(part)/\(stem).safetensors",
        tensors: tensors.map { TensorInfo(name: $0.key, dtype: .float32, shape: $0.value.shape) })
      for (_, tensor) in tensors {
        let wide = WeightTensor(tensor.widened())
        try writer.write(wide.bytes(0..<wide.byteCount))
      }
      writer.finish()
    }
    return copy
  }

  private static func pixels(
    _ files: ModelFiles, _ precision: PrecisionMode = .float32
  ) throws -> [UInt8] {
    let pipeline = try Pipeline(files, device: .forTests, precision: precision)
    let request = PipelineRequest(prompt: "a fox", width: 64, height: 64, seed: 1, stepCount: 2)
    return try pipeline.render(request, progress: { _ in }).raster.pixels
  }

  @Test(arguments: FabricationFormat.allCases, [PrecisionMode.float32, .bfloat16])
  func `a render is that of the decoded weights, to the byte`(
    format: FabricationFormat, precision: PrecisionMode
  ) throws {
    let folder = try TemporaryFolder()
    let model = try Self.fabricate(format, in: folder)
    let decoded = try Self.decoded(model)
    #expect(
      try Self.pixels(.directory(model), precision) == Self.pixels(.directory(decoded), precision))
  }

  @Test(arguments: [
    (FabricationFormat.fp8, Float(0.04)), (.int8, 0.02), (.q80, 0.01), (.q4KM, 0.12),
  ])
  func `rounded weights are near those of the same seed in bfloat16`(
    format: FabricationFormat, bound: Float
  ) throws {
    let folder = try TemporaryFolder()
    let plain = try Self.fabricate(.bfloat16, in: folder)
    let model = try Self.fabricate(format, in: folder)
    for (part, stem) in Self.parts {
      let (found, expected) = (
        try Self.tensors(model, part, stem), try Self.tensors(plain, part, stem)
      )
      #expect(found.tensors.keys.sorted() == expected.tensors.keys.sorted())
      for (name, tensor) in expected.tensors {
        let value = try #require(found.tensors[name]).widened().elements
        let truth = tensor.widened().elements
        let error = zip(value, truth).reduce(Float(0)) { $0 + ($1.0 - $1.1) * ($1.0 - $1.1) }
        let size = truth.reduce(Float(0)) { $0 + $1 * $1 }
        #expect(error <= bound * bound * size, "\(name) \((error / size).squareRoot())")
      }
    }
  }

  @Test func `int8 files are multiplied in int8 as they are stored`() throws {
    let folder = try TemporaryFolder()
    let files = ModelFiles.directory(try Self.fabricate(.int8, in: folder, [30, 100]))
    let pipeline = try Pipeline(files, device: .forTests, precision: .int8)
    let weights = pipeline.model.blockWeights.map(\.weight)
    #expect(weights.allSatisfy(\.isMultipliedAsStored) && weights.count > 50)
    #expect(pipeline.precision.description.contains("its files have int8 weights"))
    let inspector = try ModelInspector(files)
    #expect(inspector.weightMemory(in: .int8).copiedByteCount == 0)
    let (int8, float32) = (try Self.pixels(files, .int8), try Self.pixels(files))
    let difference = zip(int8, float32).reduce(0) { $0 + abs(Int($1.0) - Int($1.1)) }
    #expect(int8 != float32 && difference < 4 * int8.count, "\(difference) of \(int8.count)")
  }

  @Test func `parts of a directory are replaced by files of other formats`() throws {
    let folder = try TemporaryFolder()
    let plain = try Self.fabricate(.bfloat16, in: folder)
    let gguf = try Self.fabricate(.q4KM, in: folder)
    let fp8 = try Self.fabricate(.fp8, in: folder)
    var parts = ModelParts()
    parts.transformer = "\(gguf)/transformer/diffusion_pytorch_model.gguf"
    parts.textEncoder = "\(fp8)/text_encoder/model.safetensors"
    let inspector = try ModelInspector(.directory(plain, replacing: parts))
    try inspector.checkTensors()
    let components = inspector.components
    #expect(components.map(\.container) == ["safetensors", "GGUF", "safetensors"])
    #expect(components[0].formats.contains { $0.name == "fp8 (e4m3)" })
    #expect(components[1].formats.contains { $0.name == "Q4_K" })
    #expect(components[1].file == parts.transformer)
    let mixed = try Self.pixels(.directory(plain, replacing: parts))
    #expect(try mixed != Self.pixels(.directory(plain)))
  }

  @Test func `a text encoder that is cut behind the layers that are read is whole`() throws {
    let folder = try TemporaryFolder()
    let model = try Self.fabricate(.q80, in: folder)
    let stored = try Checkpoint.open(directory: "\(model)/text_encoder", stem: "model")
    let cut = stored.replacing(
      stored.tensors.filter { !$0.key.hasPrefix("blk.4.") && $0.key != "output_norm.weight" })
    let encoder = try SingleFile.textEncoder(cut)
    let configuration = try TextEncoderConfiguration(inferredFrom: encoder)
    #expect(configuration.layerCount == 5)
    _ = try TextEncoder(configuration, outputs: [2, 3, 4], encoder)
  }

  @Test func `GGUF of another architecture is refused by its name`() {
    let other = Checkpoint(
      tensors: ["blk.0.attn_q_norm.weight": WeightTensor(Tensor(zeros: [4]))], name: "vl.gguf",
      metadata: ["general.architecture": "qwen3vl"])
    let error = #expect(throws: Flux2Error.self) { try SingleFile.textEncoder(other) }
    #expect(error?.detail.contains("'qwen3vl', expected 'qwen3'") == true)
  }
}
