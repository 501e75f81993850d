import Tensors
import Testing
import Weights

@Suite struct StackingTests {
  @Test func `hold the rows of their parts in order and in their own type`() throws {
    let file = try SafetensorsFile(
      header: #"{"a":{"dtype":"BF16","shape":[3,2],"data_offsets":[0,12]}}"#,
      data: (1...6).flatMap { [0, UInt8(0x40 + $0)] })
    let whole = try #require(try Checkpoint.open(file: file.path).tensors["a"])
    let stacked = WeightTensor.stacking([whole.rows(2..<3), whole.rows(0..<0), whole.rows(0..<2)])
    let rows = whole.widened().elements
    #expect(stacked.dtype == .bfloat16 && stacked.shape == [3, 2])
    #expect(stacked.widened().elements == Array(rows[4...] + rows[..<4]))
  }

  @Test(arguments: [
    ("F32", [0, 0, 0x20, 0x41] as [UInt8], 10.0), ("I64", [3, 0, 0, 0, 0, 0, 0, 0], 3),
    ("I8", [0xFE], -2), ("U8", [0xFE], 254), ("BF16", [0x20, 0x41], 10),
    ("F64", [0, 0, 0, 0, 0, 0, 0x24, 0x40], 10), ("I16", [0xFF, 0xFF], -1),
    ("I32", [1, 0, 0, 0x80], -2_147_483_647),
  ])
  func `of one element are numbers`(dtype: String, data: [UInt8], value: Double) throws {
    let file = try SafetensorsFile(
      header:
        #"{"a":{"dtype":"\#(dtype)","shape":[],"data_offsets":[0,\#(data.count)]}}"#, data: data)
    #expect(try Checkpoint.open(file: file.path).tensors["a"]?.number == value)
  }
}
