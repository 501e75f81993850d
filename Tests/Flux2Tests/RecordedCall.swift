import Flux2
import TensorTestSupport
import Tensors
import Testing

/// The call of the transformer that `transformer.safetensors` records.
struct RecordedCall {
  /// The tokens of the image.
  static let grid = TokenGrid(rows: 5, columns: 7)
  private static let referenceGrids = [
    TokenGrid(rows: 3, columns: 4), TokenGrid(rows: 4, columns: 2),
  ]

  private let model: ReferenceModel

  init(_ model: ReferenceModel) { self.model = model }

  /// Returns the velocity of the image's tokens with adapters.
  func velocity(of transformer: Transformer, _ adapters: [WeightedAdapter]) throws -> Tensor {
    let reference = try model.tensors("transformer")
    let tokens = try reference.tensor("input.hidden_states")
    var start = Self.grid.count
    var references: [ReferenceLatents] = []
    for grid in Self.referenceGrids {
      references.append(
        ReferenceLatents(tokens: tokens.rows(start..<start + grid.count), grid: grid))
      start += grid.count
    }
    let conditioning = transformer.condition(
      prompt: try reference.tensor("input.encoder_hidden_states"), grid: Self.grid,
      references: references, adapters: adapters, on: .forTests)
    let timestep = try #require(reference.tensor("input.timestep").elements.first)
    return try transformer.velocity(
      of: tokens.rows(0..<Self.grid.count), at: timestep, conditioning, on: .forTests)
  }
}
