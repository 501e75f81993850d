import Tensors
import Testing
import Weights

@Suite struct TensorReaderTests {
  private func checkpoint(_ names: [String]) -> Checkpoint {
    let tensor = WeightTensor(Tensor(shape: [2, 3], elements: [1, 2, 3, 4, 5, 6]))
    return Checkpoint(
      tensors: Dictionary(uniqueKeysWithValues: names.map { ($0, tensor) }), name: "x.safetensors")
  }

  @Test func `hands out each tensor and finishes when none is left`() throws {
    var reader = TensorReader(checkpoint(["a", "b", "c"]))
    #expect(try reader.tensor("a", shape: [2, 3]).widened().elements == [1, 2, 3, 4, 5, 6])
    _ = try reader.tensor("b", shape: [2, 3])
    reader.skip("c")
    reader.skip("absent")
    try reader.finish()
  }

  @Test func `names what is missing`() throws {
    var reader = TensorReader(checkpoint(["a"]))
    let error = #expect(throws: WeightsError.self) { try reader.tensor("b", shape: [4, 5]) }
    #expect(error?.code == .missingTensor)
    #expect(error?.description == "x.safetensors: b [4, 5] is missing")
  }

  @Test func `names both shapes when they differ`() throws {
    var reader = TensorReader(checkpoint(["a"]))
    let error = #expect(throws: WeightsError.self) { try reader.vector("a", count: 6) }
    #expect(error?.code == .shapeMismatch)
    #expect(error?.detail == "a has the shape [2, 3], the configuration asks for [6]")
    #expect(throws: WeightsError.self) { try reader.finish() }
  }

  @Test func `lists a few of the tensors nobody asked for`() throws {
    let reader = TensorReader(checkpoint((0..<9).map { "t\($0)" }))
    let error = #expect(throws: WeightsError.self) { try reader.finish() }
    #expect(error?.code == .unusedTensors)
    #expect(error?.detail == "the model has no place for t0, t1, t2, t3, t4 and 4 more")
  }

  @Test func `refuses to compute with integers, but leaves them alone`() throws {
    let file = try SafetensorsFile(
      header: #"{"bn.num_batches_tracked":{"dtype":"I64","shape":[],"data_offsets":[0,8]}}"#,
      data: [UInt8](repeating: 1, count: 8))
    var reader = TensorReader(try Checkpoint.open(file: file.path))
    let error = #expect(throws: WeightsError.self) {
      try reader.tensor("bn.num_batches_tracked", shape: [])
    }
    #expect(error?.code == .unsupported)
    reader.skip("bn.num_batches_tracked")
    try reader.finish()
  }
}
