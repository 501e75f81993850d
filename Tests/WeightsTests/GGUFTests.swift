import Tensors
import TestSupport
import Testing
import Text
import Weights

@Suite struct GGUFTests {
  /// The numbers of the block types, by the names that the fixture has them under.
  private static let types: [(name: String, number: UInt32)] = [
    ("Q4_0", 2), ("Q4_1", 3), ("Q5_0", 6), ("Q5_1", 7), ("Q8_0", 8), ("Q2_K", 10), ("Q3_K", 11),
    ("Q4_K", 12), ("Q5_K", 13), ("Q6_K", 14), ("IQ4_NL", 20), ("IQ4_XS", 23), ("MXFP4", 39),
  ]

  @Test(arguments: types)
  func `blocks stand for what the reference makes of them`(name: String, number: UInt32) throws {
    let fixture = try Checkpoint.open(file: Fixture.path("weights/quantized.safetensors"))
    let bytes = try #require(fixture.tensors["\(name).bytes"])
    let values = try #require(fixture.tensors["\(name).values"]).widened().elements
    let file = GGUFFile(tensors: [
      .init(
        name: "w", axes: [UInt64(values.count / 2), 2], type: number,
        data: bytes.bytes(0..<bytes.byteCount))
    ])
    let path = try SafetensorsFile(bytes: file.bytes)
    let weight = try #require(try Checkpoint.open(file: path.path).tensors["w"])
    #expect(weight.shape == [2, values.count / 2] && weight.formatName == name)
    #expect(weight.byteCount == bytes.byteCount)
    #expect(weight.widened().elements.map(\.bitPattern) == values.map(\.bitPattern))
    #expect(weight.rows(1..<2).widened().elements == Array(values[(values.count / 2)...]))
  }

  @Test func `elements of their own keep their types, and axes are turned round`() throws {
    let halves: [UInt8] = [0x00, 0x3C, 0x00, 0x40]
    let path = try SafetensorsFile(
      bytes: GGUFFile(tensors: [
        .init(name: "a", axes: [3, 2], type: 0, data: ([1, 2, 3, 4, 5, 6] as [Float]).bytes),
        .init(name: "b", axes: [2], type: 1, data: halves),
        .init(name: "c", axes: [1], type: 30, data: [0x80, 0x3F]),
      ]).bytes)
    let file = try Checkpoint.open(file: path.path)
    #expect(file.tensors["a"]?.shape == [2, 3])
    #expect(file.tensors["a"]?.widened().elements == [1, 2, 3, 4, 5, 6])
    #expect(file.tensors["b"]?.dtype == .float16)
    #expect(file.tensors["b"]?.widened().elements == [1, 2])
    #expect(file.tensors["c"]?.widened().elements == [1])
  }

  @Test func `keys of integers and short texts are kept, others skipped`() throws {
    let string = GGUFFile.text("flux")
    let tokens =
      SafetensorsFile.littleEndian(UInt32(8)) + SafetensorsFile.littleEndian(UInt64(3))
      + ["a", "b", "c"].flatMap(GGUFFile.text)
    let file = GGUFFile(
      version: 2, tensors: [.init(name: "a", axes: [1], type: 0, data: ([1] as [Float]).bytes)],
      keys: [
        ("general.architecture", 8, string), ("tokenizer.ggml.tokens", 9, tokens),
        ("general.alignment", 4, SafetensorsFile.littleEndian(UInt32(128))),
        ("x.rate", 6, ([1] as [Float]).bytes), ("x.less", 1, [0xFE]),
        ("x.text", 8, GGUFFile.text(String(repeating: "x", count: 5000))),
      ], alignment: 128)
    let path = try SafetensorsFile(bytes: file.bytes)
    let opened = try Checkpoint.open(file: path.path)
    #expect(opened.metadata["general.architecture"] == "flux")
    #expect(opened.metadata["general.alignment"] == "128")
    #expect(opened.metadata["x.less"] == "-2")
    #expect(opened.metadata.count == 3)
    #expect(opened.tensors["a"]?.widened().elements == [1])
  }

  @Test func `a tensor that a converter reshaped has its own shape again`() throws {
    let axes = [2, 2, 32].flatMap { SafetensorsFile.littleEndian(Int32($0)) }
    let array =
      SafetensorsFile.littleEndian(UInt32(5)) + SafetensorsFile.littleEndian(UInt64(3)) + axes
    func file(_ array: [UInt8]) throws -> SafetensorsFile {
      try SafetensorsFile(
        bytes: GGUFFile(
          tensors: [
            .init(name: "a", axes: [128], type: 8, data: [UInt8](repeating: 0, count: 4 * 34))
          ], keys: [("comfy.gguf.orig_shape.a", 9, array)]
        ).bytes)
    }
    let right = try file(array)
    #expect(try Checkpoint.open(file: right.path).tensors["a"]?.shape == [2, 2, 32])
    let wrong = try file(Array(array.dropLast(4) + SafetensorsFile.littleEndian(Int32(16))))
    let error = #expect(throws: WeightsError.self) { try Checkpoint.open(file: wrong.path) }
    #expect(error?.detail.contains("cannot have had the shape [2, 2, 16]") == true)
  }

  /// A file with one flaw, and text of the message that names it.
  struct Flaw: CustomTestStringConvertible, Sendable {
    var testDescription: String
    var bytes: [UInt8]
    var says: String

    init(_ description: String, says: String, _ change: (inout GGUFFile) -> Void) {
      var file = GGUFFile(tensors: [
        .init(name: "a", axes: [32, 2], type: 8, data: [UInt8](repeating: 1, count: 68)),
        .init(name: "b", axes: [4], type: 0, data: ([1, 2, 3, 4] as [Float]).bytes),
      ])
      change(&file)
      (testDescription, bytes, self.says) = (description, file.bytes, says)
    }

    /// A file that ends early.
    init(_ description: String, keeping count: Int, says: String) {
      self.init(description, says: says) { _ in }
      bytes = Array(bytes.prefix(count))
    }
  }

  private static let most = UInt64.max
  static let flaws = [
    Flaw("version 1", says: "version 1") { $0.version = 1 },
    Flaw("version 4", says: "version 4") { $0.version = 4 },
    Flaw("big-endian", says: "big-endian") { $0.version = 3 << 24 },
    Flaw("more tensors than bytes", says: "more than the file") { $0.tensorCount = 1 << 40 },
    Flaw("a count over 63 bits", says: "more than the file") { $0.tensorCount = most },
    Flaw("more keys than bytes", says: "more than the file") { $0.keyCount = 1 << 30 },
    Flaw("a tensor more than there are", says: "header byte") { $0.tensorCount = 3 },
    Flaw("a name twice", says: "a is there twice") { $0.tensors[1].name = "a" },
    Flaw("a name that is not ASCII", says: "not ASCII") { $0.tensors[1].name = "é" },
    Flaw("a name of 2000 bytes", says: "not ASCII of at most 1024") {
      $0.tensors[1].name = String(repeating: "n", count: 2000)
    },
    Flaw("no axes", says: "0 axes") { $0.tensors[0].axes = [] },
    Flaw("five axes", says: "5 axes") { $0.tensors[0].axes = [32, 2, 1, 1, 1] },
    Flaw("an axis of no extent", says: "no extent") { $0.tensors[0].axes = [32, 0] },
    Flaw("half a block", says: "whole blocks of 32") { $0.tensors[0].axes = [16, 4] },
    Flaw("a size that overflows", says: "larger than any file") {
      $0.tensors[0].axes = [1 << 62, 1 << 62]
    },
    Flaw("an extent over 63 bits", says: "more than the file") { $0.tensors[0].axes = [most, 1] },
    Flaw("more rows than bytes", says: "behind the end") { $0.tensors[0].axes = [32, 4000] },
    Flaw("an offset between", says: "no multiple of 32") { $0.tensors[1].offset = 100 },
    Flaw("an offset behind the end", says: "behind the end") { $0.tensors[1].offset = 1 << 40 },
    Flaw("an offset over 63 bits", says: "more than the file") { $0.tensors[1].offset = most },
    Flaw("tensors that overlap", says: "overlaps a") { $0.tensors[1].offset = 32 },
    Flaw("blocks of a vector", says: "for matrices") { $0.tensors[0].axes = [64] },
    Flaw("an unknown type", says: "the type 77") { $0.tensors[0].type = 77 },
    Flaw("a type that is not read", says: "IQ2_XXS") { $0.tensors[0].type = 16 },
    Flaw("a retired type", says: "the type 4") { $0.tensors[0].type = 4 },
    Flaw("a value of no type", says: "type 13") { $0.keys = [("k", 13, [])] },
    Flaw("a text longer than the file", says: "more than the file") {
      $0.keys = [("k", 8, SafetensorsFile.littleEndian(UInt64(1) << 40))]
    },
    Flaw("an array longer than the file", says: "more than the file") {
      $0.keys = [
        ("k", 9, SafetensorsFile.littleEndian(UInt32(4)) + SafetensorsFile.littleEndian(most))
      ]
    },
    Flaw("arrays in arrays in arrays", says: "nested") {
      let level = SafetensorsFile.littleEndian(UInt32(9)) + SafetensorsFile.littleEndian(UInt64(1))
      $0.keys = [("k", 9, [[UInt8]](repeating: level, count: 40).flatMap(\.self))]
    },
    Flaw("a key twice", says: "the key k is there twice") {
      $0.keys = [("k", 0, [1]), ("k", 0, [1])]
    },
    Flaw("an alignment of 24", says: "power of two") {
      $0.keys = [("general.alignment", 4, SafetensorsFile.littleEndian(UInt32(24)))]
    },
    Flaw("an alignment of none", says: "power of two") {
      $0.keys = [("general.alignment", 4, SafetensorsFile.littleEndian(UInt32(0)))]
    },
    Flaw("a part of a file", says: "one of 3 parts") {
      $0.keys = [("split.count", 2, SafetensorsFile.littleEndian(UInt16(3)))]
    },
    Flaw("the magic alone", keeping: 4, says: "cut off"),
    Flaw("half a header", keeping: 60, says: "header byte"),
    Flaw("no data", keeping: 128, says: "behind the end"),
    Flaw("half of the data", keeping: 200, says: "behind the end"),
  ]

  @Test(arguments: flaws)
  func `a header with a flaw is refused, and the flaw is named`(flaw: Flaw) throws {
    let file = try SafetensorsFile(bytes: flaw.bytes, name: "file.gguf")
    let error = #expect(throws: WeightsError.self) { try Checkpoint.open(file: file.path) }
    #expect(error?.detail.contains(flaw.says) == true, "\(error?.detail ?? "accepted")")
  }
}
