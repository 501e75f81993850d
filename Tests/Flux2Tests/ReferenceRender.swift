import Flux2
import Imaging
import TensorTestSupport
import Tensors
import TestSupport
import Testing

/// One render of a reference model, as diffusers did it.
struct ReferenceRender: CustomTestStringConvertible, Sendable {
  /// All renders of all models.
  static func all() throws -> [ReferenceRender] {
    try ReferenceModel.all.flatMap { model in
      try ReferenceCase.all(in: model.folder).map {
        ReferenceRender(model: model, item: $0)
      }
    }
  }

  let model: ReferenceModel
  let item: ReferenceCase
  var testDescription: String { "\(model.name) \(item.name)" }

  /// The image, channels of 8 bits.
  func image() throws -> Raster {
    try Self.decode("\(model.folder)/cases/\(item.name).png")
  }

  /// The reference's tensors on the way.
  func tensors() throws -> FixtureTensors {
    try Fixture.tensors("\(model.folder)/cases/\(item.name).safetensors")
  }

  func request(for pipeline: Pipeline) throws -> PipelineRequest {
    var request = PipelineRequest(
      prompt: item.prompt, width: item.width, height: item.height, seed: item.seed,
      stepCount: item.steps)
    request.guidanceScale = Double(item.guidance)
    request.strength = item.strength
    request.references = try item.references.map {
      try Self.decode("\(model.folder)/images/\($0)")
    }
    request.negativePrompt = item.negativePrompt
    request.mask = try item.mask.map {
      try ImageDecoder(Fixture.bytes("\(model.folder)/images/\($0)")).decodeMask()
    }
    if let file = item.lora {
      let path = Fixture.path("\(model.folder)/lora/\(file)")
      request.adapters = [
        WeightedAdapter(adapter: try pipeline.loadAdapter(file: path), strength: item.loraStrength)
      ]
    }
    return request
  }

  static func decode(_ fixture: String) throws -> Raster {
    try ImageDecoder.decode(try Fixture.bytes(fixture))
  }
}

extension Raster {
  /// Fails unless every channel is within 1 of the reference's and 99.9 % are equal.
  func expectSame(
    as expected: Raster, _ label: String, sourceLocation: SourceLocation = #_sourceLocation
  ) {
    guard (width, height) == (expected.width, expected.height) else {
      Issue.record(
        "\(label) is \(width)x\(height), expected \(expected.width)x\(expected.height)",
        sourceLocation: sourceLocation)
      return
    }
    let differences = zip(pixels, expected.pixels).map { abs(Int($0) - Int($1)) }
    let unequal = differences.count { $0 != 0 }
    let worst = differences.max() ?? 0
    #expect(
      worst <= 1 && unequal * 1000 <= differences.count,
      "\(label): \(unequal) of \(differences.count) values differ, by up to \(worst)",
      sourceLocation: sourceLocation)
  }
}
