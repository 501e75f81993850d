import Flux2
import TensorTestSupport
import Tensors
import TestSupport
import Testing

@Suite struct PositionIDTests {
  @Test func `text tokens count on the last axis, padding included`() {
    let positions = PositionID.text(length: 512)
    #expect(positions.map { $0.axes } == (0..<512).map { [0, 0, 0, $0] })
  }

  @Test func `image tokens are rows of columns`() {
    let positions = PositionID.image(TokenGrid(rows: 2, columns: 3))
    #expect(
      positions.map { $0.axes } == [
        [0, 0, 0, 0], [0, 0, 1, 0], [0, 0, 2, 0], [0, 1, 0, 0], [0, 1, 1, 0], [0, 1, 2, 0],
      ])
  }

  @Test func `references lie at times 10, 20, …, each in a grid of its own`() {
    let positions = PositionID.references([
      TokenGrid(rows: 1, columns: 2), TokenGrid(rows: 2, columns: 1),
    ])
    #expect(
      positions.map { $0.axes } == [[10, 0, 0, 0], [10, 0, 1, 0], [20, 0, 0, 0], [20, 1, 0, 0]])
  }

  @Test(arguments: ReferenceModel.all)
  func `positions are the reference's`(model: ReferenceModel) throws {
    let reference = try model.tensors("transformer")
    let text = PositionID.text(length: try reference.tensor("input.txt_ids").rows)
    #expect(text.flatMap { $0.axes.map { Int32($0) } } == (try reference.integers("input.txt_ids")))
    let image =
      PositionID.image(TokenGrid(rows: 5, columns: 7))
      + PositionID.references([
        TokenGrid(rows: 3, columns: 4), TokenGrid(rows: 4, columns: 2),
      ])
    #expect(
      image.flatMap { $0.axes.map { Int32($0) } } == (try reference.integers("input.img_ids")))
  }
}
