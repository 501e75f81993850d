import Flux2
import Foundation
import Imaging
import TestSupport
import Testing

@Suite struct ResolutionBucketTests {
  private static let sizes = [
    (256, 256), (512, 512), (768, 768), (960, 960), (768, 512), (512, 768),
  ].map { ResolutionBucket(width: $0, height: $1) }

  @Test(arguments: [
    ([768, 768], [768, 768]), ([256, 256], [256, 256]), ([960, 960], [960, 960]),
    // The next larger one.
    ([64, 64], [256, 256]), ([272, 272], [512, 512]), ([704, 704], [768, 768]),
    ([640, 448], [768, 512]), ([400, 640], [512, 768]), ([304, 288], [512, 512]),
    // Larger than all, or than all of the shape.
    ([1024, 1024], [960, 960]), ([960, 640], [768, 512]), ([2048, 64], [768, 512]),
  ])
  func `the size that loses least is rendered`(asked: [Int], rendered: [Int]) throws {
    let best = try #require(
      ResolutionBucket.best(of: Self.sizes, width: asked[0], height: asked[1]))
    #expect([best.width, best.height] == rendered)
  }

  @Test(arguments: [
    ([100, 100], 768 * 768, [768, 768]), ([4000, 3000], 512 * 512, [768, 512]),
    ([300, 300], 768 * 512, [512, 512]), ([30, 60], 256 * 256, [512, 768]),
  ])
  func `a reference is looked at in about as many pixels`(
    asked: [Int], area: Int, rendered: [Int]
  ) throws {
    let best = try #require(
      ResolutionBucket.best(of: Self.sizes, width: asked[0], height: asked[1], near: area))
    #expect([best.width, best.height] == rendered)
  }

  @Test func `without resolution buckets there is none to choose`() {
    #expect(ResolutionBucket.best(of: [], width: 64, height: 64) == nil)
  }

  @Test func `a resolution bucket is rendered as by any model`() throws {
    let rendered = try render(buckets: [[64, 64], [96, 64]], request(width: 96, height: 64))
    let plain = try render(buckets: nil, request(width: 96, height: 64))
    #expect(rendered == plain)
  }

  @Test func `another size is scaled`() throws {
    let rendered = try render(buckets: [[64, 64], [96, 64]], request(width: 40, height: 40))
    let plain = try render(buckets: nil, request(width: 64, height: 64))
    #expect(rendered == plain.resized(width: 40, height: 40))
  }

  @Test func `another shape is cropped around its centre and scaled`() throws {
    let rendered = try render(buckets: [[64, 64], [96, 64]], request(width: 90, height: 50))
    let plain = try render(buckets: nil, request(width: 96, height: 64))
    let expected = plain.centreCropped(width: 96, height: 53).resized(width: 90, height: 50)
    #expect(rendered == expected)
  }

  @Test(arguments: [1, 0.5])
  func `what is edited lies where the image does`(strength: Double) throws {
    let source = Raster.gradient(width: 40, height: 40)
    var edit = request(width: 40, height: 40)
    edit.references = [source]
    edit.strength = strength
    let rendered = try render(buckets: [[64, 64]], edit)
    var large = request(width: 64, height: 64)
    large.references = [source.resized(width: 64, height: 64)]
    large.strength = strength
    let plain = try render(buckets: nil, large)
    #expect(rendered == plain.resized(width: 40, height: 40))
  }

  @Test func `what is edited is never stretched`() throws {
    let source = Raster.gradient(width: 128, height: 64)
    var edit = request(width: 40, height: 40)
    edit.references = [source]
    let rendered = try render(buckets: [[64, 64]], edit)
    var large = request(width: 64, height: 64)
    large.references = [source.centreCropped(width: 64, height: 64)]
    let plain = try render(buckets: nil, large)
    #expect(rendered == plain.resized(width: 40, height: 40))
  }

  @Test func `memory is estimated for the sizes that are rendered and looked at`() throws {
    func estimate(_ buckets: [[Int]]?, _ width: Int, _ references: [Int]) throws -> Int {
      try withModel(buckets: buckets) { directory in
        try ModelInspector(.directory(directory)).estimatedByteCount(
          width: width, height: width, references: references.map { ($0, $0) })
      }
    }
    let sizes = [[64, 64], [256, 256]]
    #expect(try estimate(sizes, 40, []) == estimate(nil, 64, []))
    #expect(try estimate(sizes, 200, [16]) == estimate(nil, 256, [256]))
    #expect(try estimate(sizes, 40, [2000, 2000]) == estimate(nil, 64, [64, 64]))
    #expect(try estimate(sizes, 200, [16]) < estimate(sizes, 200, [16, 16]))
  }

  @Test func `several references keep their shapes`() throws {
    let images = [
      Raster.gradient(width: 80, height: 80), Raster.gradient(width: 192, height: 128),
    ]
    var edit = request(width: 64, height: 64)
    edit.references = images
    let rendered = try render(buckets: [[64, 64], [96, 64], [192, 192]], edit)
    edit.references = [
      images[0].resized(width: 64, height: 64), images[1].resized(width: 96, height: 64),
    ]
    let plain = try render(buckets: nil, edit)
    #expect(rendered == plain)
  }

  @Test func `a cached reference is cached for its geometry`() throws {
    let source = Raster.gradient(width: 40, height: 40)
    try withModel(buckets: [[64, 64], [96, 96]]) { directory in
      let keeping = try Pipeline(
        .directory(directory), device: .forTests, cacheByteCount: 1 << 20)
      for (width, height) in [(40, 40), (90, 90), (90, 80), (40, 40)] {
        var edit = request(width: width, height: height)
        edit.references = [source]
        let kept = try keeping.render(edit) { _ in }.raster
        let fresh = try render(buckets: [[64, 64], [96, 96]], edit)
        #expect(kept == fresh, "\(width)x\(height)")
      }
      // The prompt is found three times, the reference where its size comes again.
      let statistics = keeping.cacheStatistics
      #expect(statistics.hitCount == 4 && statistics.missCount == 4)
    }
  }

  @Test func `a preview has the size asked for`() throws {
    try withModel(buckets: [[64, 64]]) { directory in
      let pipeline = try Pipeline(.directory(directory), device: .forTests)
      var sizes: [[Int]] = []
      _ = try pipeline.render(request(width: 90, height: 50)) { _ in
      } stepDone: { _, preview in
        let raster = try preview.raster()
        sizes.append([raster.width, raster.height])
      }
      #expect(sizes == [[90, 50], [90, 50]])
    }
  }

  @Test func `a resolution bucket that is no whole number of tokens is refused`() throws {
    try withModel(buckets: [[64, 72]]) { directory in
      let error = try #require(throws: Flux2Error.self) {
        try Pipeline(.directory(directory), device: .forTests)
      }
      #expect(error.detail.contains("64x72"), "\(error.detail)")
    }
  }

  private func request(width: Int, height: Int) -> PipelineRequest {
    PipelineRequest(
      prompt: "a red fox", width: width, height: height, seed: 3, stepCount: 2)
  }

  private func render(buckets: [[Int]]?, _ request: PipelineRequest) throws -> Raster {
    try withModel(buckets: buckets) { directory in
      try Pipeline(.directory(directory), device: .forTests).render(request) { _ in }.raster
    }
  }

  /// The second reference model, with resolution buckets.
  private func withModel<Result>(
    buckets: [[Int]]?, _ body: (String) throws -> Result
  ) throws -> Result {
    try ReferenceModel.all[1].withCopy(index: ["native_sizes": buckets as Any], body)
  }
}
