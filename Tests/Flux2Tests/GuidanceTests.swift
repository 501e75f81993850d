import Tensors
import TestSupport
import Testing

@testable import Flux2

@Suite struct GuidanceTests {
  // Two tokens of two features; their estimates at a noise level of 0.5 are (3, 4) and (0, 0).
  private static let latents = Tensor(shape: [2, 2], elements: [4, 4, 1, 1])
  private static let conditional = Tensor(shape: [2, 2], elements: [2, 0, 2, 2])
  private static let unconditional = Tensor(shape: [2, 2], elements: [2, -2, 2, 2])

  private func guided(scale: Float, limit: Float) -> [Float] {
    Latents.guide(
      Self.conditional, away: Self.unconditional, scale: scale, limit: limit, of: Self.latents,
      sigma: 0.5
    ).elements
  }

  @Test func `a change of as much as the limit is halved`() {
    // The change is (0, 4), of which half reaches the estimate: 2, and 0.4 of the estimate's 5 are 2.
    #expect(guided(scale: 3, limit: 0.4) == [2, 2, 2, 2])
  }

  @Test func `no scale moves an estimate further than the limit`() {
    let moved = guided(scale: 20, limit: 0.1)
    #expect(0.5 * moved[1] < 0.5 && 0.5 * moved[1] > 0.45, "\(moved)")
    #expect([moved[0], moved[2], moved[3]] == [2, 2, 2])
  }

  @Test func `a limit that is far away changes nothing`() {
    let free = Latents.guide(Self.conditional, away: Self.unconditional, scale: 1.5).elements
    for (bounded, free) in zip(guided(scale: 1.5, limit: 1e6), free) {
      #expect(abs(bounded - free) < 1e-5)
    }
  }

  @Test func `the embedded model has one, and klein has none`() throws {
    let embedded = try ModelIndex(file: Repository.path("models/iris-tiny/model_index.json"))
    #expect(embedded.guidanceLimit == 0.25)
    let klein = try ModelIndex(file: "\(ReferenceModel.all[0].directory)/model_index.json")
    #expect(klein.guidanceLimit == nil)
  }
}
