import Flux2
import TensorTestSupport
import Tensors
import Testing

@Suite struct TextEncoderTests {
  @Test(arguments: ReferenceModel.all)
  func `hidden states of the layers asked for stand side by side, padding included`(
    model: ReferenceModel
  ) throws {
    let reference = try model.tensors("text")
    let ids = try reference.integers("input_ids")
    let count = try reference.integers("attention_mask").count { $0 == 1 }
    #expect(count < ids.count, "the fixture has padding")
    let encoder = try model.textEncoder()
    let embedding = try encoder.encode(ids, count: count, on: .forTests)
    let expected = try reference.tensor("prompt_embedding")
    let width = encoder.configuration.hiddenSize
    for (index, layer) in encoder.outputs.enumerated() {
      let columns = index * width..<(index + 1) * width
      expectLayer(
        embedding.columns(columns), expected.columns(columns), tolerance: 1e-4,
        "\(model.name) prompt embedding, hidden.\(layer)")
    }
    #expect(embedding.shape == expected.shape)
  }

  @Test(arguments: ReferenceModel.all)
  func `hidden state k is the output of the k-th layer`(model: ReferenceModel) throws {
    let reference = try model.tensors("text")
    let ids = try reference.integers("input_ids")
    let count = try reference.integers("attention_mask").count { $0 == 1 }
    var compared = 0
    try model.textEncoder().run(ids, count: count, on: .forTests) { layer, hidden in
      let name = "hidden.\(layer)"
      guard reference.contains(name) else { return }
      expectLayer(hidden, try reference.tensor(name), tolerance: 1e-4, "\(model.name) \(name)")
      compared += 1
    }
    #expect(compared == reference.names.count { $0.hasPrefix("hidden.") } && compared > 0)
  }

  @Test func `padding does not change the rows of real tokens`() throws {
    let encoder = try ReferenceModel.all[1].textEncoder()
    let ids: [Int32] = [5, 9, 300, 41, 7]
    let alone = try encoder.encode(ids, count: 5, on: .forTests)
    let padded = try encoder.encode(ids + [0, 0, 0], count: 5, on: .forTests)
    expectClose(padded.rows(0..<5), alone, tolerance: 1e-6, "real rows")
  }

  @Test func `padding is hidden from every other row`() throws {
    let encoder = try ReferenceModel.all[1].textEncoder()
    let some = try encoder.encode([5, 9, 300, 7, 7], count: 3, on: .forTests)
    let other = try encoder.encode([5, 9, 300, 8, 7], count: 3, on: .forTests)
    #expect(some.rows(0..<3) == other.rows(0..<3))
    #expect(some.rows(3..<4) != other.rows(3..<4))
    #expect(some.rows(4..<5) == other.rows(4..<5))
  }

  @Test func `padding rows differ from each other`() throws {
    let encoder = try ReferenceModel.all[1].textEncoder()
    let padded = try encoder.encode([5, 9, 0, 0], count: 2, on: .forTests)
    #expect(padded.rows(2..<3) != padded.rows(3..<4))
  }

  @Test(arguments: [[Int32(-1)], [Int32.max]])
  func `a token without a row in the embedding is an error`(ids: [Int32]) throws {
    let encoder = try ReferenceModel.all[1].textEncoder()
    #expect(throws: Flux2Error.self) { try encoder.encode(ids, count: 1, on: .forTests) }
  }

  @Test func `a prompt without tokens is an error`() throws {
    let encoder = try ReferenceModel.all[1].textEncoder()
    #expect(throws: Flux2Error.self) { try encoder.encode([0], count: 0, on: .forTests) }
  }
}

extension Tensor {
  /// Some columns of a matrix.
  fileprivate func columns(_ range: Range<Int>) -> Tensor {
    Tensor(
      shape: [rows, range.count],
      elements: (0..<rows).flatMap { row in
        elements[row * columns + range.lowerBound..<row * columns + range.upperBound]
      })
  }
}
