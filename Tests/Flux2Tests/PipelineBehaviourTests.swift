import Flux2
import Foundation
import Imaging
import Tensors
import TestSupport
import Testing
import Weights

@Suite struct PipelineBehaviourTests {
  private let pipeline: Pipeline
  private var request = PipelineRequest(
    prompt: "a red fox", width: 64, height: 80, seed: 3, stepCount: 2)

  init() throws {
    pipeline = try Pipeline(.directory(ReferenceModel.all[1].directory), device: .forTests)
  }

  private func render(_ request: PipelineRequest) throws -> Raster {
    try pipeline.render(request) { _ in }.raster
  }

  @Test func `a size between tokens is the middle of the next larger one`() throws {
    var larger = request
    (larger.width, larger.height) = (80, 96)
    var between = request
    (between.width, between.height) = (70, 90)
    let whole = try render(larger)
    let middle = try render(between)
    #expect(middle == whole.centreCropped(width: 70, height: 90))
  }

  @Test(arguments: [1, 3])
  func `the number of threads changes no pixel`(threadCount: Int) throws {
    let other = try Pipeline(
      .directory(ReferenceModel.all[1].directory), device: Device(threadCount: threadCount))
    let raster = try other.render(request) { _ in }.raster
    let expected = try render(request)
    #expect(raster == expected)
  }

  @Test func `renders at the same time do not disturb each other`() async throws {
    let (pipeline, request) = (pipeline, request)
    let expected = try render(request)
    let rasters = try await withThrowingTaskGroup(of: Raster.self) { group in
      for _ in 0..<4 { group.addTask { try pipeline.render(request) { _ in }.raster } }
      return try await group.reduce(into: []) { $0.append($1) }
    }
    #expect(rasters == [Raster](repeating: expected, count: 4))
  }

  @Test func `progress names every stage in order and counts its steps`() throws {
    var edit = request
    edit.references = [.gradient(width: 64, height: 64), .gradient(width: 80, height: 64)]
    var seen: [PipelineProgress] = []
    let result = try pipeline.render(edit) { seen.append($0) }
    let stages = seen.map { $0.stage }
    #expect(stages == stages.sorted())
    let steps = seen.filter { $0.block == 0 }
    #expect(steps.filter { $0.stage == .encodingReferences }.map { $0.step } == [0, 1, 2])
    #expect(steps.filter { $0.stage == .denoising }.map { $0.step } == [0, 1, 2])
    #expect(seen.allSatisfy { $0.step <= $0.stepCount })
    #expect(result.timings.map { $0.stage } == PipelineStage.allCases)
  }

  @Test(arguments: PipelineStage.allCases)
  func `a listener stops a render by throwing`(stage: PipelineStage) throws {
    var edit = request
    edit.references = [.gradient(width: 64, height: 64)]
    var seen: [PipelineStage] = []
    #expect(throws: CancellationError.self) {
      try pipeline.render(edit) { progress in
        seen.append(progress.stage)
        if progress.stage == stage { throw CancellationError() }
      }
    }
    #expect(seen.last == stage && seen.count { $0 == stage } == 1)
  }

  @Test func `strength has no effect on several references`() throws {
    var edit = request
    edit.references = [.gradient(width: 64, height: 64), .gradient(width: 80, height: 64)]
    let whole = try render(edit)
    edit.strength = 0.5
    let half = try render(edit)
    #expect(half == whole)
  }

  @Test func `strength 0 gives the source back through the autoencoder`() throws {
    var edit = request
    let source = Raster.gradient(width: 64, height: 80)
    edit.references = [source]
    edit.strength = 0
    let result = try pipeline.render(edit) { _ in }
    let latents = try pipeline.encodeReference(source)
    let decoded = try pipeline.decode(latents.tokens, pipeline.geometry(of: edit))
    #expect(result.raster == decoded)
    #expect(result.timings.map { $0.stage } == [.encodingReferences, .decoding])
  }

  @Test func `a source covers the size asked for, with its border repeated to whole tokens`() throws
  {
    var edit = request
    (edit.width, edit.height) = (70, 90)
    let source = Raster.gradient(width: 70, height: 90)
    edit.references = [source]
    edit.strength = 0
    let result = try render(edit)
    // Cut to whole tokens as a reference, 64x80, then scaled to cover 70x90, which 80x96 is rendered for.
    let covering = source.centreCropped(width: 64, height: 80).resized(width: 72, height: 90)
      .centreCropped(width: 70, height: 90)
    let latents = try pipeline.encodeReference(covering.bordered(by: 5, 3))
    (edit.width, edit.height) = (80, 96)
    let rendered = try pipeline.decode(latents.tokens, pipeline.geometry(of: edit))
    #expect(result == rendered.centreCropped(width: 70, height: 90))
  }

  @Test func `guidance is obeyed by distilled models too`() throws {
    let index = try ModelIndex(file: "\(ReferenceModel.all[0].directory)/model_index.json")
    #expect(index.isDistilled)
    let pipeline = try Pipeline(.directory(ReferenceModel.all[0].directory), device: .forTests)
    var guided = request
    guided.guidanceScale = 3
    let with = try pipeline.render(guided) { _ in }.raster
    let without = try pipeline.render(request) { _ in }.raster
    #expect(with != without)
  }

  @Test(arguments: [
    ("width", 15), ("width", 2049), ("height", 0), ("height", Int.max), ("steps", 0),
    ("steps", 51),
  ])
  func `a number outside its limits is refused by name`(field: String, value: Int) throws {
    var wrong = request
    switch field {
    case "width": wrong.width = value
    case "height": wrong.height = value
    default: wrong.stepCount = value
    }
    let error = try #require(throws: Flux2Error.self) { try pipeline.render(wrong) { _ in } }
    #expect(error.code == .request && error.subject == field)
  }

  @Test func `numbers that are none are refused`() {
    var wrong = request
    wrong.guidanceScale = .nan
    #expect(throws: Flux2Error.self) { try wrong.validate() }
    wrong = request
    wrong.strength = .nan
    #expect(throws: Flux2Error.self) { try wrong.validate() }
  }

  @Test func `single files give the pixels of the directory`() throws {
    let directory = ReferenceModel.all[0].directory
    let whole = try Pipeline(.directory(directory), device: .forTests)
    let separate = try Pipeline(
      .separate(
        transformer: "\(directory)/transformer/diffusion_pytorch_model.safetensors",
        autoencoder: "\(directory)/vae/diffusion_pytorch_model.safetensors",
        textEncoder: "\(directory)/text_encoder/model.safetensors",
        tokenizer: "\(directory)/tokenizer"), device: .forTests)
    #expect(separate.modelHash == whole.modelHash)
    let expected = try whole.render(request) { _ in }.raster
    let raster = try separate.render(request) { _ in }.raster
    #expect(raster == expected)
  }

  @Test func `the hash of a model is that of its weights, in shards or in one file`() throws {
    let model = ReferenceModel.all[1]
    let inspector = try ModelInspector(.directory(model.directory))
    #expect(inspector.modelHash == pipeline.modelHash)
    #expect(inspector.modelHash.count == 64)
    let other = try ModelInspector(.directory(ReferenceModel.all[0].directory))
    #expect(other.modelHash != inspector.modelHash)
    let folder = "\(model.directory)/transformer"
    let shards = try FileManager.default.contentsOfDirectory(atPath: folder)
      .filter { $0.hasSuffix(".safetensors") }
    try #require(shards.count > 1)
    var tensors: [String: WeightTensor] = [:]
    for shard in shards {
      tensors.merge(try Checkpoint.open(file: "\(folder)/\(shard)").tensors) { first, _ in first }
    }
    let sharded = try Checkpoint.open(directory: folder, stem: "diffusion_pytorch_model")
    #expect(
      Checkpoint(tensors: tensors, name: "one.safetensors").fingerprint() == sharded.fingerprint())
    tensors["proj_out.weight"] = nil
    #expect(
      Checkpoint(tensors: tensors, name: "one.safetensors").fingerprint() != sharded.fingerprint())
  }
}

extension Raster {
  /// A larger image with this one in its middle and its outermost pixels repeated.
  fileprivate func bordered(by columns: Int, _ rows: Int) -> Raster {
    let (newWidth, newHeight) = (width + 2 * columns, height + 2 * rows)
    let pixels = (0..<newWidth * newHeight * 3).map { index in
      let x = min(max(index / 3 % newWidth - columns, 0), width - 1)
      let y = min(max(index / 3 / newWidth - rows, 0), height - 1)
      return self.pixels[(y * width + x) * 3 + index % 3]
    }
    return Raster(width: newWidth, height: newHeight, pixels: pixels)
  }
}
