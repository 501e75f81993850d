import Flux2
import Imaging
import TestSupport
import Testing

@Suite struct LowNoiseExpertTests {
  private static let model = ReferenceModel.all[1]
  private static let file = "bfl.safetensors"
  private static var path: String {
    Fixture.path("reference/\(model.name)/lora/\(file)")
  }

  /// The same steps by hand, each with the adapters it should have.
  @Test(arguments: [0, 0.5] as [Float], [1, 3] as [Float])
  func `applies it below its boundary alone, and the request's adapter everywhere`(
    strength: Float, guidanceScale: Float
  ) throws {
    let plain = try Pipeline(.directory(Self.model.directory), device: .forTests)
    var request = request()
    request.guidanceScale = Double(guidanceScale)
    let geometry = plain.geometry(of: request)
    let schedule = plain.schedule(for: request, geometry)
    let boundary = (schedule.sigmas[1] + schedule.sigmas[2]) / 2
    let expert = WeightedAdapter(
      adapter: try LoRAFixture.adapter(Self.file, of: Self.model.name), strength: 1)
    request.adapters = [
      WeightedAdapter(
        adapter: try LoRAFixture.adapter("kohya.safetensors", of: Self.model.name),
        strength: strength)
    ]
    let prompt = try plain.encodePrompts(of: request)
    let before = plain.condition(prompt, [], geometry, schedule, adapters: request.adapters)
    let after = plain.condition(
      prompt, [], geometry, schedule, adapters: [expert] + request.adapters)
    var latents = plain.noise(for: geometry, seed: request.seed)
    for (index, step) in schedule.steps.enumerated() {
      try plain.denoise(&latents, step, index < 2 ? before : after)
    }
    let expected = try plain.decode(latents, geometry)
    #expect(try render(request, boundary: boundary) == expected)
    #expect(try plain.render(request) { _ in }.raster != expected)
  }

  @Test func `is the model without it where no step is below the boundary`() throws {
    let plain = try Pipeline(.directory(Self.model.directory), device: .forTests)
    let sigmas = plain.schedule(for: request(), plain.geometry(of: request())).sigmas
    // A step at the boundary is not below it.
    let last = try #require(sigmas.dropLast().last)
    #expect(try render(request(), boundary: last) == plain.render(request()) { _ in }.raster)
    try Self.model.withCopy(index: ["boundary_ratio": last], adapter: Self.path) { directory in
      let pipeline = try Pipeline(.directory(directory), device: .forTests)
      #expect(pipeline.modelHash != plain.modelHash)
    }
  }

  @Test func `says so when inspected`() throws {
    try Self.model.withCopy(index: ["boundary_ratio": 0.25], adapter: Self.path) { directory in
      let inspector = try ModelInspector(.directory(directory))
      try inspector.checkTensors()
      let part = try #require(inspector.components.last)
      #expect(part.name == "low-noise adapter")
      #expect(part.configuration.map { "\($0.name) \($0.value)" } == ["noise levels below 0.25"])
      #expect(part.parameterCount > 0)
    }
  }

  @Test func `has no use for the file without a boundary`() throws {
    try Self.model.withCopy(index: [:], adapter: "/nowhere") { directory in
      let pipeline = try Pipeline(.directory(directory), device: .forTests)
      #expect(
        try pipeline.modelHash
          == Pipeline(.directory(Self.model.directory), device: .forTests).modelHash)
    }
  }

  @Test func `is refused by name when the file is missing`() throws {
    try Self.model.withCopy(index: ["boundary_ratio": 0.4]) { directory in
      let error = try #require(throws: Flux2Error.self) {
        try Pipeline(.directory(directory), device: .forTests)
      }
      #expect("\(error)".contains("low_noise/pytorch_lora_weights.safetensors"), "\(error)")
    }
  }

  @Test func `is refused when the adapter is another model's`() throws {
    let other = Fixture.path("reference/\(ReferenceModel.all[0].name)/lora/\(Self.file)")
    try Self.model.withCopy(index: ["boundary_ratio": 0.4], adapter: other) { directory in
      let error = try #require(throws: Flux2Error.self) {
        try Pipeline(.directory(directory), device: .forTests)
      }
      #expect("\(error)".contains("belongs to no layer"), "\(error)")
    }
  }

  private func render(_ request: PipelineRequest, boundary: Float) throws -> Raster {
    try Self.model.withCopy(index: ["boundary_ratio": boundary], adapter: Self.path) {
      directory in
      try Pipeline(.directory(directory), device: .forTests).render(request) { _ in }.raster
    }
  }

  private func request() -> PipelineRequest {
    PipelineRequest(prompt: "a red fox", width: 96, height: 64, seed: 5, stepCount: 4)
  }
}
