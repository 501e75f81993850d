import Flux2
import Imaging
import Tensors
import TestSupport
import Testing

/// Between the blocks of every stage a render says how far it is, and can be ended.
@Suite struct PipelineProgressTests {
  private struct Stop: Error {}

  private let pipeline: Pipeline
  private var request = PipelineRequest(
    prompt: "a red fox", width: 64, height: 80, seed: 3, stepCount: 2)

  init() throws {
    pipeline = try Pipeline(.directory(ReferenceModel.all[1].directory), device: .forTests)
    request.strength = 0.5
    request.guidanceScale = 2
    request.references = [.gradient(width: 64, height: 64)]
  }

  private func reports() throws -> [PipelineProgress] {
    var seen: [PipelineProgress] = []
    _ = try pipeline.render(request) { seen.append($0) }
    return seen
  }

  @Test(arguments: PipelineStage.allCases)
  func `a stage's fraction rises from 0 to 1 by its blocks`(stage: PipelineStage) throws {
    let seen = try reports().filter { $0.stage == stage }
    let fractions = seen.map { $0.fraction }
    #expect(fractions.first == 0 && fractions.last == 1)
    #expect(fractions == fractions.sorted())
    // Every block of every step is told, and the beginning, and the end of each step.
    let (steps, blocks) = (seen[0].stepCount, seen[0].blockCount)
    #expect(blocks > 1)
    #expect(seen.count == 1 + steps * (blocks + 1))
    #expect(seen.allSatisfy { $0.stepCount == steps && $0.blockCount == blocks })
  }

  @Test func `ended after any block, a render runs no other`() throws {
    let count = try reports().count
    for last in 1...count {
      var told = 0
      #expect(throws: Stop.self) {
        try pipeline.render(request) { _ in
          told += 1
          if told >= last { throw Stop() }
        }
      }
      #expect(told == last)
    }
  }

  @Test func `a preview can be ended after each of its blocks`() throws {
    var blocks = 0
    _ = try pipeline.render(request) { _ in
    } stepDone: { _, preview in
      blocks = 0
      _ = try preview.raster { blocks += 1 }
      for last in 1...blocks {
        var done = 0
        #expect(throws: Stop.self) {
          _ = try preview.raster {
            done += 1
            if done == last { throw Stop() }
          }
        }
        #expect(done == last)
      }
    }
    #expect(blocks > 2)
  }

  @Test func `a stage whose result is cached still ends`() throws {
    let keeping = try Pipeline(
      .directory(ReferenceModel.all[1].directory), device: .forTests, cacheByteCount: 1 << 22)
    for _ in 0..<2 {
      var seen: [PipelineProgress] = []
      _ = try keeping.render(request) { seen.append($0) }
      for stage in PipelineStage.allCases {
        #expect(seen.last { $0.stage == stage }?.fraction == 1)
      }
    }
    #expect(keeping.cacheStatistics.hitCount > 0)
  }
}
