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
    var request = PipelineRequest(prompt: "a red fox", width: 64, height: 64, seed: 3, stepCount: 1)
    request.references = [
      Raster(width: 64, height: 64, pixels: (0..<64 * 64 * 3).map { UInt8($0 % 251) })
    ]
    return request
  }

  private func raster(_ pipeline: Pipeline, _ request: PipelineRequest) throws -> Raster {
    try pipeline.render(request) { _ in }.raster
  }

  @Test func `a render that is asked for again encodes nothing and gives the same image`() throws {
    let (plain, keeping) = (
      try pipeline(cacheByteCount: 0), try pipeline(cacheByteCount: 64 << 20)
    )
    let expected = try raster(plain, request)
    #expect(try raster(keeping, request) == expected)
    let first = keeping.cacheStatistics
    #expect(first.hitCount == 0 && first.missCount == 2 && first.byteCount > 0)
    #expect(try raster(keeping, request) == expected)
    let second = keeping.cacheStatistics
    #expect(second.hitCount == 2 && second.missCount == 2)
    #expect(second.byteCount == first.byteCount)
    let none = plain.cacheStatistics
    #expect(none.hitCount == 0 && none.missCount == 0 && none.byteCount == 0)
  }

  @Test func `another prompt or another reference is encoded, and the other part is not`() throws {
    let keeping = try pipeline(cacheByteCount: 64 << 20)
    _ = try raster(keeping, request)
    var other = request
    other.prompt = "a blue fox"
    let image = try raster(keeping, other)
    #expect(keeping.cacheStatistics.hitCount == 1 && keeping.cacheStatistics.missCount == 3)
    #expect(try raster(pipeline(cacheByteCount: 0), other) == image)
    other.references = [.gradient(width: 64, height: 64)]
    let edited = try raster(keeping, other)
    #expect(keeping.cacheStatistics.hitCount == 2 && keeping.cacheStatistics.missCount == 4)
    #expect(try raster(pipeline(cacheByteCount: 0), other) == edited)
  }

  @Test func `the entries used longest ago make room`() throws {
    let whole = try pipeline(cacheByteCount: 64 << 20)
    _ = try raster(whole, request)
    // Room for one prompt and the reference.
    let limit = whole.cacheStatistics.byteCount + 1024
    let small = try pipeline(cacheByteCount: limit)
    for number in 0..<4 {
      var other = request
      other.prompt = "fox number \(number)"
      _ = try raster(small, other)
      #expect(small.cacheStatistics.byteCount <= limit)
    }
    // The reference was used by every render, so that only the prompts made room for each other.
    #expect(small.cacheStatistics.hitCount == 3 && small.cacheStatistics.missCount == 5)
    var first = request
    first.prompt = "fox number 0"
    _ = try raster(small, first)
    #expect(small.cacheStatistics.hitCount == 4 && small.cacheStatistics.missCount == 6)
  }
}
