import Flux2
import Imaging
import Tensors
import TestSupport
import Testing

@Suite struct ConditioningCacheTests {
  private func pipeline(cacheByteCount: Int) throws -> Pipeline {
    try Pipeline(
      .directory(ReferenceModel.all[0].directory), device: .forTests,
      cacheByteCount: cacheByteCount)
  }

  private var request: PipelineRequest {
    var request = PipelineRequest(prompt: "a red fox", width: 64, height: 64, seed: 3)
    request.stepCount = 1
    request.references = [
      Raster(width: 64, height: 64, pixels: (0..<64 * 64 * 3).map { UInt8($0 % 251) })
    ]
    return request
  }

  private func raster(_ pipeline: Pipeline, _ request: PipelineRequest) throws -> Raster {
    try pipeline.render(request) { _ in }.raster
  }

  @Test func `what is kept gives the same image`() throws {
    let (plain, keeping) = (
      try pipeline(cacheByteCount: 0), try pipeline(cacheByteCount: 64 << 20)
    )
    let expected = try raster(plain, request)
    #expect(try raster(keeping, request) == expected)
    let kept = keeping.keptByteCount
    #expect(kept > 0)
    #expect(try raster(keeping, request) == expected)
    #expect(keeping.keptByteCount == kept)
    #expect(plain.keptByteCount == 0)
  }

  @Test func `another prompt or reference is encoded anew`() throws {
    let keeping = try pipeline(cacheByteCount: 64 << 20)
    _ = try raster(keeping, request)
    let kept = keeping.keptByteCount
    var other = request
    other.prompt = "a blue fox"
    let image = try raster(keeping, other)
    #expect(keeping.keptByteCount > kept)
    #expect(try raster(pipeline(cacheByteCount: 0), other) == image)
  }

  @Test func `the oldest make room`() throws {
    let whole = try pipeline(cacheByteCount: 64 << 20)
    _ = try raster(whole, request)
    let limit = whole.keptByteCount + 1024
    let small = try pipeline(cacheByteCount: limit)
    for number in 0..<4 {
      var other = request
      other.prompt = "fox number \(number)"
      _ = try raster(small, other)
      #expect(small.keptByteCount <= limit && small.keptByteCount > 0)
    }
  }
}
