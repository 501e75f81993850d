import Flux2
import TensorTestSupport
import Tensors
import TestSupport
import Testing
import Weights

/// The kinds of change beside plain loops over their definitions.
@Suite struct WeightChangeTests {
  /// A change of a `[D, C]` layer, and the elements of `ΔW` by its definition.
  struct Case: CustomTestStringConvertible, Sendable {
    let testDescription: String
    let tensors: [String: Tensor]
    let element: @Sendable (_ row: Int, _ column: Int) -> Float
  }

  private static let layer = "single_transformer_blocks.1.attn.to_qkv_mlp_proj"
  private static let (rows, columns) = (3 * 48 + 2 * 144, 48)

  private static func random(_ shape: Int..., seed: UInt64) -> Tensor {
    var generator = SeededGenerator(seed: seed)
    return Tensor(
      shape: shape,
      elements: (0..<shape.reduce(1, *)).map { _ in Float.random(in: -1...1, using: &generator) })
  }

  private static func product(_ a: Tensor, _ b: Tensor, _ row: Int, _ column: Int) -> Float {
    (0..<a.columns).reduce(0) {
      $0 + a.elements[row * a.columns + $1] * b.elements[$1 * b.columns + column]
    }
  }

  private static func kronecker(
    _ testDescription: String, _ a: Int, _ b: Int
  ) -> Case {
    let (c, d) = (rows / a, columns / b)
    let left = random(a, b, seed: 1)
    let (up, down) = (random(c, 3, seed: 2), random(3, d, seed: 3))
    return Case(
      testDescription: testDescription,
      tensors: ["lokr_w1": left, "lokr_w2_a": up, "lokr_w2_b": down]
    ) { row, column in
      left.elements[row / c * b + column / d] * product(up, down, row % c, column % d)
    }
  }

  static let cases: [Case] = {
    let (up, down) = (random(rows, 5, seed: 4), random(5, columns, seed: 5))
    let (other, another) = (random(rows, 5, seed: 6), random(5, columns, seed: 7))
    let whole = random(rows, columns, seed: 8)
    let (narrow, low, flat) = (
      random(rows, 3, seed: 11), random(3, columns, seed: 12), random(3, columns, seed: 13)
    )
    return [
      Case(
        testDescription: "LoRA", tensors: ["lora_A.weight": down, "lora_B.weight": up]
      ) { product(up, down, $0, $1) },
      Case(testDescription: "a full difference", tensors: ["diff": whole]) {
        whole.elements[$0 * columns + $1]
      },
      Case(
        testDescription: "LoHa",
        tensors: [
          "hada_w1_a": up, "hada_w1_b": down, "hada_w2_a": other, "hada_w2_b": another,
        ]
      ) { product(up, down, $0, $1) * product(other, another, $0, $1) },
      Case(
        testDescription: "LoHa of a rank that is multiplied out",
        tensors: [
          "hada_w1_a": narrow, "hada_w1_b": low, "hada_w2_a": narrow, "hada_w2_b": flat,
        ]
      ) { product(narrow, low, $0, $1) * product(narrow, flat, $0, $1) },
      kronecker("LoKr, the right product first", 36, 4),
      kronecker("LoKr, the left product first", 2, 24),
      kronecker("LoKr of one block", 1, 1),
    ]
  }()

  private func change(_ item: Case) throws -> WeightChange {
    let tensors = item.tensors.map { ("\(Self.layer).\($0)", WeightTensor($1)) }
    let adapter = try Adapter(
      Checkpoint(tensors: Dictionary(uniqueKeysWithValues: tensors), name: "x"),
      for: try LoRAFixture.configuration("tiny"))
    return try #require(adapter.changes[Self.layer]?.weight)
  }

  @Test(arguments: cases)
  func `rows are those of its definition`(item: Case) throws {
    let change = try change(item)
    let reader = change.rowReader(on: .forTests)
    for range in [0..<Self.rows, 11..<12, 35..<97] {
      let expected = range.flatMap { row in
        (0..<Self.columns).map { item.element(row, $0) }
      }
      expectClose(
        reader(range), Tensor(shape: [range.count, Self.columns], elements: expected),
        tolerance: 1e-5)
    }
  }

  /// More tokens than are multiplied at once, and outputs that begin within a block.
  @Test(arguments: cases)
  func `products are those of its rows`(item: Case) throws {
    let change = try change(item)
    let x = Self.random(300, Self.columns, seed: 9)
    for range in [0..<Self.rows, 35..<97] {
      let before = Self.random(302, range.count + 4, seed: 10)
      var y = before
      change.rows(range).add(x, scale: 0.5, to: &y, row: 2, column: 3, on: .forTests)
      let delta = change.rowReader(on: .forTests)(range)
      var expected = before
      let products = Device.forTests.linear(x, WeightTensor(delta))
      var elements = expected.elements
      for row in 0..<300 {
        for column in 0..<range.count {
          elements[(row + 2) * before.columns + column + 3] +=
            0.5 * products.elements[row * range.count + column]
        }
      }
      expected = Tensor(shape: before.shape, elements: elements)
      expectClose(y, expected, tolerance: 1e-4)
    }
  }

  @Test func `halves of the final modulation are exchanged in every kind`() throws {
    let name = "final_layer.adaLN_modulation.1"
    let (up, down) = (Self.random(96, 2, seed: 1), Self.random(2, 48, seed: 2))
    let kinds: [[String: Tensor]] = [
      ["lora_down.weight": down, "lora_up.weight": up], ["diff": Self.random(96, 48, seed: 3)],
      ["lokr_w1": Self.random(4, 4, seed: 4), "lokr_w2": Self.random(24, 12, seed: 5)],
      ["hada_w1_a": up, "hada_w1_b": down, "hada_w2_a": up, "hada_w2_b": down],
    ]
    for tensors in kinds {
      func rows(_ layer: String) throws -> Tensor {
        let named = tensors.map { ("\(layer).\($0)", WeightTensor($1)) }
        let adapter = try Adapter(
          Checkpoint(tensors: Dictionary(uniqueKeysWithValues: named), name: "x"),
          for: try LoRAFixture.configuration("tiny"))
        let change = try #require(adapter.changes["norm_out.linear"]?.weight)
        return change.rowReader(on: .forTests)(0..<96)
      }
      let (own, swapped) = (try rows("norm_out.linear"), try rows(name))
      #expect(swapped == Tensor.stack([own.rows(48..<96), own.rows(0..<48)]))
      #expect(swapped != own)
    }
  }
}
