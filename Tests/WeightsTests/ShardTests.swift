import Foundation
import Tensors
import TestSupport
import Testing
import Weights

@Suite struct ShardTests {
  private let folder: TemporaryFolder

  init() throws { folder = try TemporaryFolder() }

  private func write(_ text: String, as name: String) throws { try folder.write(text, to: name) }

  private func write(_ bytes: [UInt8], as name: String) throws { try folder.write(bytes, to: name) }

  /// Writes `tensors`, each of some float32 elements, as one file.
  private func write(tensors: KeyValuePairs<String, [Float]>, as name: String) throws {
    var offset = 0
    let entries = tensors.map { name, elements in
      defer { offset += elements.count * 4 }
      return #""\#(name)":{"dtype":"F32","shape":[\#(elements.count)],"#
        + #""data_offsets":[\#(offset),\#(offset + elements.count * 4)]}"#
    }
    try write(
      SafetensorsFile.assemble(
        header: Array("{\(entries.joined(separator: ","))}".utf8),
        data: tensors.flatMap { $0.value.bytes }),
      as: name)
  }

  private func open() throws -> Checkpoint {
    try Checkpoint.open(directory: folder.path, stem: "model")
  }

  @Test func `are found through their index and hash like a single file`() throws {
    let long = (0..<2000).map { Float($0) }
    try write(tensors: ["a": [1], "b": long], as: "model.safetensors")
    let single = try open()
    try write(tensors: ["b": long, "stray": [3]], as: "model-1.safetensors")
    try write(tensors: ["a": [1]], as: "model-2.safetensors")
    try write(
      #"{"metadata":{"total_size":8},"weight_map":{"a":"model-2.safetensors","b":"model-1.safetensors"}}"#,
      as: "model.safetensors.index.json")
    let sharded = try open()
    #expect(sharded.tensors.keys.sorted() == ["a", "b"])
    #expect(sharded.tensors["b"]?.widened().elements == long)
    #expect(sharded.fingerprint() == single.fingerprint())
  }

  @Test func `differ in their fingerprint when a name, shape or element does`() throws {
    var prints: Set<String> = []
    let variants: [KeyValuePairs<String, [Float]>] = [
      ["a": [1, 2]], ["b": [1, 2]], ["a": [1, 3]], ["a": [1], "b": [2]], ["a": [1, 2, 3]],
    ]
    for variant in variants {
      try write(tensors: variant, as: "model.safetensors")
      prints.insert(try open().fingerprint())
    }
    #expect(prints.count == variants.count)
  }

  @Test(arguments: [
    "../model.safetensors", "/etc/passwd", "sub/model.safetensors", "..", "", ".hidden",
  ])
  func `outside the index's folder are refused`(name: String) throws {
    try write(#"{"weight_map":{"a":"\#(name)"}}"#, as: "model.safetensors.index.json")
    let error = #expect(throws: WeightsError.self) { try open() }
    #expect(error?.code == .malformed)
    #expect(error?.detail.contains("plain file name") == true)
  }

  @Test(arguments: [
    "", "[]", "{}", #"{"weight_map":{"a":1}}"#, #"{"weight_map":["#,
    #"{"weight_map":"# + String(repeating: "[", count: 200_000),
    #"{"metadata":"# + String(repeating: #"{"a":"#, count: 200_000),
  ])
  func `with a malformed index are refused`(index: String) throws {
    try write(index, as: "model.safetensors.index.json")
    let error = #expect(throws: WeightsError.self) { try open() }
    #expect(error?.code == .malformed)
  }

  @Test func `that lack a listed tensor are refused`() throws {
    try write(tensors: ["a": [1]], as: "model-1.safetensors")
    try write(#"{"weight_map":{"b":"model-1.safetensors"}}"#, as: "model.safetensors.index.json")
    let error = #expect(throws: WeightsError.self) { try open() }
    #expect(error?.code == .missingTensor)
    #expect(error?.detail.contains("b is not in model-1.safetensors") == true)
  }
}
