import Flux2
import Imaging
import TensorTestSupport
import Tensors
import Testing

@Suite struct PipelineTests {
  @Test(arguments: try ReferenceRender.all())
  func `a render from a seed is the image that diffusers makes`(
    render: ReferenceRender
  ) throws {
    let pipeline = try Pipeline(.directory(render.model.directory), device: .forTests)
    let result = try pipeline.render(try render.request(for: pipeline)) { _ in }
    result.raster.expectSame(as: try render.image(), render.testDescription)
  }

  /// Every step gets the reference's latents, so that a difference shows where it arises.
  @Test(arguments: try ReferenceRender.all())
  func `every stage of a render is the reference's`(render: ReferenceRender) throws {
    let pipeline = try Pipeline(.directory(render.model.directory), device: .forTests)
    let (request, reference) = (try render.request(for: pipeline), try render.tensors())
    let geometry = pipeline.geometry(of: request)
    let schedule = pipeline.schedule(for: request, geometry)
    guard reference.contains("start") else { return #expect(schedule.steps.isEmpty) }
    #expect(schedule.sigmas == (try reference.tensor("sigmas").elements))
    #expect(schedule.timesteps == (try reference.tensor("timesteps").elements))
    let references = try request.references.map { try pipeline.encodeReference($0) }
    if !references.isEmpty {
      expectClose(
        .stack(references.map { $0.tokens }), try reference.tensor("reference.tokens"),
        tolerance: 1e-4, "references")
    }
    let noise = pipeline.noise(for: geometry, seed: request.seed)
    let source = try pipeline.encodeSource(of: request, geometry)
    let inpainting = try pipeline.inpainting(of: request, geometry, noise: noise, source: source)
    var latents = pipeline.start(schedule, noise: noise, source: source)
    expectClose(latents, try reference.tensor("start"), tolerance: 1e-4, "start")
    let conditions = pipeline.condition(
      try pipeline.encodePrompts(of: request), references, geometry, schedule,
      adapters: request.adapters)
    for (index, step) in schedule.steps.enumerated() {
      if index > 0 {
        // The reference keeps only the first steps of a long render.
        guard reference.contains("latents.\(index - 1)") else { break }
        latents = try reference.tensor("latents.\(index - 1)")
      }
      guard reference.contains("velocity.\(index)") else { break }
      let tolerance = 5e-4 * Float(request.guidanceScale)
      let velocity = try pipeline.denoise(&latents, step, conditions)
      inpainting?.restore(&latents, sigma: step.nextSigma)
      expectLayer(
        velocity, try reference.tensor("velocity.\(index)"), tolerance: tolerance,
        "\(render.testDescription) velocity.\(index)")
      expectLayer(
        latents, try reference.tensor("latents.\(index)"), tolerance: tolerance,
        "\(render.testDescription) latents.\(index)")
    }
  }

  @Test(arguments: try ReferenceRender.all())
  func `latents decode to the reference's image`(render: ReferenceRender) throws {
    let pipeline = try Pipeline(.directory(render.model.directory), device: .forTests)
    let (request, reference) = (try render.request(for: pipeline), try render.tensors())
    let last = reference.names.filter { $0.hasPrefix("latents.") }
      .compactMap { Int($0.dropFirst("latents.".count)) }.max()
    guard let last else { return #expect(request.strength == 0) }
    let raster = try pipeline.decode(
      try reference.tensor("latents.\(last)"), pipeline.geometry(of: request))
    raster.expectSame(as: try render.image(), render.testDescription)
  }
}
