import Tensors
import TestSupport
import Testing
import Weights

@Suite struct ComputableTests {
  @Test(arguments: ["float8_e4m3fn", "float8_e5m2"])
  func `every float of 8 bits has torch's value`(name: String) throws {
    let file = try Checkpoint.open(
      file: Fixture.path("reference/tiny/kinds/eight_bits.safetensors"))
    let values = try #require(file.tensors[name]?.computable())
    #expect(values.dtype == .float32)
    let expected = try #require(file.tensors["\(name).values"]).widened()
    for (value, expected) in zip(values.widened().elements, expected.elements) {
      #expect(value == expected || value.isNaN && expected.isNaN)
    }
  }

  @Test func `double precision is rounded to single`() throws {
    let numbers = [0.1, -1e-300, 3, .infinity, 16_777_217]
    let file = try SafetensorsFile(
      bytes: SafetensorsFile.assemble(
        header: Array(#"{"x":{"dtype":"F64","shape":[5],"data_offsets":[0,40]}}"#.utf8),
        data: numbers.flatMap { SafetensorsFile.littleEndian($0.bitPattern) }))
    let tensor = try #require(Checkpoint.open(file: file.path).tensors["x"])
    #expect(tensor.computable()?.widened().elements == numbers.map { Float($0) })
  }

  @Test func `integers have no such type, and what has one is itself`() throws {
    let file = try SafetensorsFile(
      bytes: SafetensorsFile.assemble(
        header: Array(
          (#"{"a":{"dtype":"I32","shape":[1],"data_offsets":[0,4]},"#
            + #""b":{"dtype":"F16","shape":[1],"data_offsets":[4,6]}}"#).utf8),
        data: [0, 0, 0, 0, 0, 0]))
    let checkpoint = try Checkpoint.open(file: file.path)
    #expect(checkpoint.tensors["a"]?.computable() == nil)
    #expect(checkpoint.tensors["b"]?.computable()?.dtype == .float16)
  }
}
