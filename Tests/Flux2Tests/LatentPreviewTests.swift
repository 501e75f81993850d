import Flux2
import Imaging
import Tensors
import TestSupport
import Testing
import Weights

@Suite struct LatentPreviewTests {
  private func previews(
    width: Int, height: Int, stepCount: Int
  ) throws -> (previews: [Raster], image: Raster) {
    let pipeline = try Pipeline(.directory(ReferenceModel.all[0].directory), device: .forTests)
    let request = PipelineRequest(
      prompt: "a red fox", width: width, height: height, seed: 3, stepCount: stepCount)
    var previews: [Raster] = []
    let result = try pipeline.render(request) { _ in
    } stepDone: { number, preview in
      #expect(number == previews.count + 1)
      previews.append(try preview.raster())
    }
    return (previews, result.raster)
  }

  @Test func `the last step's preview of a small image is the image`() throws {
    let (previews, image) = try previews(width: 64, height: 80, stepCount: 3)
    #expect(previews.count == 3)
    #expect(previews.last == image)
    #expect(previews.first != image)
  }

  @Test func `a preview of a large image is decoded from latents averaged over squares`() throws {
    let (model, size) = (ReferenceModel.all[0], (width: 400, height: 336))
    let preview = try #require(
      previews(width: size.width, height: size.height, stepCount: 1).previews.first)
    let pipeline = try Pipeline(.directory(model.directory), device: .forTests)
    let latents = try finalLatents(pipeline, width: size.width, height: size.height)
    // 21x25 tokens are 42x50 latents, more than 32: averaged over 2x2, which is one token.
    let statistics = try Checkpoint.open(
      directory: "\(model.directory)/vae", stem: "diffusion_pytorch_model")
    let means = try #require(statistics.tensors["bn.running_mean"]).widened().elements
    let variances = try #require(statistics.tensors["bn.running_var"]).widened().elements
    var averages: [Float] = []
    for row in 0..<latents.rows {
      for channel in 0..<latents.columns / 4 {
        var sum: Float = 0
        for packed in 4 * channel..<4 * channel + 4 {
          let value = latents.elements[row * latents.columns + packed]
          sum += value * (variances[packed] + 1e-4).squareRoot() + means[packed]
        }
        averages.append(sum / 4)
      }
    }
    let small = Tensor(shape: [21, 25, latents.columns / 4], elements: averages)
    let decoded = try pipeline.model.autoencoder.decoder.raster(small, on: .forTests)
    #expect((decoded.width, decoded.height) == (200, 168))
    preview.expectSame(as: decoded.resized(width: 400, height: 336), "the preview")
  }

  /// The latents of the same render, `[N, 4C]`.
  private func finalLatents(_ pipeline: Pipeline, width: Int, height: Int) throws -> Tensor {
    let request = PipelineRequest(
      prompt: "a red fox", width: width, height: height, seed: 3, stepCount: 1)
    let geometry = pipeline.geometry(of: request)
    let schedule = pipeline.schedule(for: request, geometry)
    let conditioning = pipeline.condition(
      try pipeline.encodePrompts(of: request), [], geometry, schedule, adapters: [])
    var latents = pipeline.noise(for: geometry, seed: 3)
    for step in schedule.steps { try pipeline.denoise(&latents, step, conditioning) }
    return latents
  }
}
