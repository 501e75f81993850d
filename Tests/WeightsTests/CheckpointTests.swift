import Foundation
import Tensors
import Testing
import Text
import Weights

@Suite struct CheckpointTests {
  @Test func `gives its tensors and metadata`() throws {
    let file = try SafetensorsFile(
      header: """
        {"__metadata__":{"format":"pt","a \\"quoted\\" \\ud83e\\udd8a":"\\u00e9\\n"},
        "b":{"dtype":"F32","shape":[2,2],"data_offsets":[2,18]},
        "a":{"shape":[1],"data_offsets":[0,2],"dtype":"BF16"}}
        """,
      data: [0x80, 0x3F] + ([1, -2, 3.5, 4] as [Float]).bytes)
    let checkpoint = try Checkpoint.open(file: file.path)
    #expect(
      checkpoint.metadata == ["format": "pt", ByteString("a \"quoted\" 🦊"): ByteString("é\n")])
    #expect(checkpoint.tensors.keys.sorted() == ["a", "b"])
    let a = try #require(checkpoint.tensors["a"])
    let b = try #require(checkpoint.tensors["b"])
    #expect(a.dtype == .bfloat16 && a.widened().elements == [1])
    // `b` begins at an odd multiple of 2: nothing promises alignment.
    #expect(b.shape == [2, 2] && b.widened().elements == [1, -2, 3.5, 4])
  }

  /// Of a mapped file, the numbers that were cut off would end the process.
  @Test func `once copied, keeps its numbers when the file is cut`() throws {
    let numbers = [Float](repeating: 3, count: 100_000)
    let file = try SafetensorsFile(
      header: #"{"a":{"dtype":"F32","shape":[100000],"data_offsets":[0,400000]}}"#,
      data: numbers.bytes)
    let checkpoint = try Checkpoint.open(file: file.path, isCopied: true)
    try FileHandle(forWritingTo: URL(filePath: file.path)).truncate(atOffset: 0)
    #expect(checkpoint.tensors["a"]?.widened().elements == numbers)
  }

  @Test func `may hold numbers without axes, empty tensors and integers`() throws {
    let file = try SafetensorsFile(
      header: """
        {"n":{"dtype":"I64","shape":[],"data_offsets":[0,8]},
        "none":{"dtype":"F16","shape":[0,3],"data_offsets":[8,8]}}   
        """,
      data: [210, 4, 0, 0, 0, 0, 0, 0])
    let checkpoint = try Checkpoint.open(file: file.path)
    #expect(checkpoint.tensors["n"]?.shape == [])
    #expect(checkpoint.tensors["n"]?.count == 1)
    #expect(checkpoint.tensors["n"]?.dtype == .int64)
    #expect(checkpoint.tensors["none"]?.count == 0)
    #expect(checkpoint.tensors["none"]?.widened().elements == [])
  }

  @Test func `outlives the checkpoint through its tensors`() throws {
    let file = try SafetensorsFile(
      header: #"{"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}}"#,
      data: ([7] as [Float]).bytes)
    let tensor = try #require(try Checkpoint.open(file: file.path).tensors["a"])
    try FileManager.default.removeItem(atPath: file.path)
    #expect(tensor.widened().elements == [7])
  }

  @Test(arguments: [
    ("/nowhere/at/all.safetensors", WeightsError.Code.unreadable),
    ("/dev/zero", .unreadable), ("/usr", .unreadable),
  ])
  func `that is no file is refused`(path: String, code: WeightsError.Code) {
    let error = #expect(throws: WeightsError.self) { try Checkpoint.open(file: path) }
    #expect(error?.code == code)
    #expect(error?.description.hasPrefix(path) == true)
  }
}
