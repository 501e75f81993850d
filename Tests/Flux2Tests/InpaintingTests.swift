import Flux2
import Imaging
import Tensors
import Testing

/// Masks and negative prompts beyond the renders that are compared with diffusers'.
@Suite struct InpaintingTests {
  private let pipeline: Pipeline
  private var edit = PipelineRequest(
    prompt: "a red fox", width: 80, height: 64, seed: 3, stepCount: 3)

  init() throws {
    pipeline = try Pipeline(.directory(ReferenceModel.all[0].directory), device: .forTests)
    edit.references = [.gradient(width: 80, height: 64)]
  }

  /// A mask of one grey from a column on, and of another before it.
  private static func mask(_ left: UInt8, _ right: UInt8, from column: Int) -> Raster {
    let pixels = (0..<80 * 64).flatMap { pixel in
      [UInt8](repeating: pixel % 80 < column ? left : right, count: 3)
    }
    return Raster(width: 80, height: 64, pixels: pixels)
  }

  private func render(_ change: (inout PipelineRequest) -> Void) throws -> Raster {
    var request = edit
    change(&request)
    return try pipeline.render(request) { _ in }.raster
  }

  @Test func `a black mask gives the image back, and a white one changes nothing`() throws {
    let (back, free) = (try render { $0.strength = 0 }, try render { $0.strength = 1 })
    let (black, white) = (Self.mask(0, 127, from: 40), Self.mask(255, 128, from: 40))
    #expect(try render { $0.mask = black } == back)
    #expect(try render { $0.mask = white } == free)
    #expect(back != free)
  }

  @Test func `what a mask keeps is nearer to the image than what it repaints`() throws {
    let back = try render { $0.strength = 0 }
    let half = try render { $0.mask = Self.mask(255, 0, from: 48) }
    func difference(_ columns: Range<Int>) -> Int {
      (0..<64).reduce(0) { sum, row in
        columns.reduce(sum) { sum, column in
          let place = (row * 80 + column) * 3
          return sum + abs(Int(half.pixels[place]) - Int(back.pixels[place]))
        }
      }
    }
    #expect(difference(0..<16) > difference(64..<80))
  }

  /// Between the middles of tokens of 16 pixels a mask has shares of quarters.
  @Test(arguments: [(7, 1.0), (8, 0.5), (9, 0.0), (24, 0.0)])
  func `a token's share is the mean of its middle pixels`(column: Int, share: Double) throws {
    var request = edit
    request.mask = Self.mask(0, 255, from: column)
    let geometry = pipeline.geometry(of: request)
    let noise = pipeline.noise(for: geometry, seed: 1)
    let source = try #require(try pipeline.encodeSource(of: request, geometry))
    let inpainting = try #require(
      try pipeline.inpainting(of: request, geometry, noise: noise, source: source))
    var latents = Tensor(
      shape: noise.shape, elements: noise.elements.map { _ in 1000 })
    inpainting.restore(&latents, sigma: 0)
    let expected = Float(1 - share) * source.elements[0] + Float(share) * 1000
    #expect(abs(latents.elements[0] - expected) < 0.01)
  }

  @Test func `with several images the mask is of the first, and the strength acts on it`() throws {
    let several = [Raster.gradient(width: 80, height: 64), .gradient(width: 64, height: 96)]
    let black = Self.mask(0, 0, from: 40)
    #expect(
      try render {
        ($0.references, $0.mask) = (several, black)
      } == render { $0.strength = 0 })
    var request = edit
    (request.references, request.mask, request.strength) = (several, black, 0.5)
    #expect(request.remainingStepCount == 2)
    request.mask = nil
    #expect(request.remainingStepCount == 3)
  }

  @Test func `a mask of another size, or of no image, is refused`() throws {
    for references in [[], [Raster.gradient(width: 64, height: 80)]] {
      let error = #expect(throws: Flux2Error.self) {
        try render {
          ($0.references, $0.mask) = (references, Self.mask(0, 0, from: 1))
        }
      }
      #expect(error?.code == .request && error?.subject == "mask")
    }
  }

  @Test func `guided away from itself, a prompt is as without guidance`() throws {
    let plain = try render { _ in }
    let away = try render { ($0.guidanceScale, $0.negativePrompt) = (5, "a red fox") }
    #expect(away == plain)
    let usual = try render { $0.guidanceScale = 5 }
    let negative = try render { ($0.guidanceScale, $0.negativePrompt) = (5, "a blue dog") }
    #expect(negative != usual && negative != plain)
    #expect(try render { $0.negativePrompt = "a blue dog" } == plain)
  }
}
