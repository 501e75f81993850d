import Flux2
import Imaging
import Tensors
import TestSupport
import Testing

@Suite struct LatentPreviewTests {
  private func sketches(
    width: Int, height: Int, stepCount: Int
  ) throws -> (sketches: [Raster], image: Raster) {
    let pipeline = try Pipeline(.directory(ReferenceModel.all[0].directory), device: .forTests)
    let request = PipelineRequest(
      prompt: "a red fox", width: width, height: height, seed: 3, stepCount: stepCount)
    var sketches: [Raster] = []
    let result = try pipeline.render(request) { _ in
    } stepDone: { number, preview in
      #expect(number == sketches.count + 1)
      sketches.append(try preview.raster())
    }
    return (sketches, result.raster)
  }

  @Test func `the last step's preview of a small image is the image`() throws {
    let (sketches, image) = try sketches(width: 64, height: 80, stepCount: 3)
    #expect(sketches.count == 3)
    #expect(sketches.last == image)
    #expect(sketches.first != image)
  }

  @Test func `a preview of a large image has its size and its colours`() throws {
    let (sketches, image) = try sketches(width: 400, height: 336, stepCount: 1)
    let preview = try #require(sketches.first)
    #expect(preview.width == 400 && preview.height == 336)
    for channel in 0..<3 {
      let difference = mean(of: preview, channel) - mean(of: image, channel)
      #expect(abs(difference) < 40, "channel \(channel)")
    }
  }

  private func mean(of raster: Raster, _ channel: Int) -> Double {
    let sum = stride(from: channel, to: raster.pixels.count, by: 3).reduce(0) {
      $0 + Int(raster.pixels[$1])
    }
    return Double(sum) / Double(raster.width * raster.height)
  }
}
