import Tensors
import TestSupport
import Testing
import Weights

@Suite struct QuantizedLayersTests {
  /// The values of all e4m3 codes from the reference.
  private static func codes(_ name: String) throws -> [Float] {
    let fixture = try Checkpoint.open(file: Fixture.path("weights/quantized.safetensors"))
    return try #require(fixture.tensors["\(name).values"]).widened().elements
  }

  /// Bytes without the codes that are no numbers.
  private static func bytes(_ count: Int, seed: UInt64) -> [UInt8] {
    var random = SeededGenerator(seed: seed)
    return (0..<count).map { _ in
      let byte = UInt8(truncatingIfNeeded: random.next())
      return byte & 0x7F >= 0x7C ? 0x11 : byte
    }
  }

  private static func weight(_ file: LayerFile, _ name: String = "a.weight") throws -> WeightTensor
  {
    let checkpoint = try file.read()
    #expect(checkpoint.tensors.count == 1, "\(checkpoint.tensors.keys)")
    return try #require(checkpoint.tensors[name])
  }

  @Test(arguments: [("e4m3", DType.float8E4M3), ("e5m2", .float8E5M2)])
  func `fp8 without a scale is what its codes are`(name: String, type: DType) throws {
    let all = (0...255).map { UInt8($0) }
    let weight = try Self.weight(LayerFile(parts: ["a.weight": .init(type, [16, 16], all)]))
    let expected = try Self.codes(name)
    for (value, code) in zip(weight.widened().elements, expected) {
      #expect(value.bitPattern == code.bitPattern || value.isNaN && code.isNaN)
    }
  }

  @Test(arguments: ["weight_scale", "scale_weight"], [[], [1], [1, 1], [3], [3, 1]])
  func `fp8 is multiplied by the factor of the matrix or of its row`(
    name: String, shape: [Int]
  ) throws {
    let bytes = Self.bytes(3 * 5, seed: 3)
    let scales = [Float](([0.37, 1.9, 0.011] as [Float]).prefix(shape.reduce(1, *)))
    let weight = try Self.weight(
      LayerFile(parts: [
        "a.weight": .init(.float8E4M3, [3, 5], bytes),
        "a.\(name)": .floats(scales, shape: shape), "a.input_scale": .floats([3], shape: []),
        "scaled_fp8": .init(.float8E4M3, [0], []),
      ]))
    let codes = try Self.codes("e4m3")
    let expected = bytes.indices.map { place in
      codes[Int(bytes[place])] * scales[scales.count == 1 ? 0 : place / 5]
    }
    #expect(weight.widened().elements.map(\.bitPattern) == expected.map(\.bitPattern))
    #expect(weight.rows(1..<3).widened().elements == Array(expected[5...]))
    #expect(weight.rows(1..<3).rows(1..<2).widened().elements == Array(expected[10...]))
  }

  @Test(arguments: [DType.float32, .bfloat16])
  func `fine-grained fp8 has a factor for each 128x128`(type: DType) throws {
    let (rows, columns) = (130, 200)
    let bytes = Self.bytes(rows * columns, seed: 5)
    let factors: [Float] = [0.5, 2, 0.25, 4]
    let stored =
      type == .float32
      ? factors.bytes
      : factors.flatMap { SafetensorsFile.littleEndian(UInt16($0.bitPattern >> 16)) }
    let weight = try Self.weight(
      LayerFile(parts: [
        "a.weight": .init(.float8E4M3, [rows, columns], bytes),
        "a.weight_scale_inv": .init(type, [2, 2], stored),
      ]))
    let codes = try Self.codes("e4m3")
    let expected = bytes.indices.map { place in
      codes[Int(bytes[place])] * factors[place / columns / 128 * 2 + place % columns / 128]
    }
    #expect(weight.widened().elements == expected)
    // A slice that begins within a block keeps its rows' factors.
    #expect(weight.rows(127..<130).widened().elements == Array(expected[(127 * columns)...]))
  }

  @Test func `int8 is multiplied by its scale, and -128 is read`() throws {
    let bytes: [UInt8] = [0x80, 0x7F, 0x00, 0xFF, 0x01, 0x40]
    let weight = try Self.weight(
      LayerFile(parts: [
        "a.weight": .init(.int8, [2, 3], bytes),
        "a.weight_scale": .floats([0.5, 0.1], shape: [2, 1]),
      ]))
    let scale: Float = 0.1
    let expected: [Float] = [-64, 63.5, 0, -scale, scale, 64 * scale]
    #expect(weight.widened().elements == expected)
  }

  /// The Kronecker power of the 4x4 matrix of ConvRot, orthonormal.
  private static func rotation(_ group: Int) -> [[Double]] {
    let four: [[Double]] = [[1, 1, 1, -1], [1, 1, -1, 1], [1, -1, 1, 1], [-1, 1, 1, 1]]
    var matrix: [[Double]] = [[1]]
    while matrix.count < group {
      let inner = matrix
      let size = inner.count
      matrix = (0..<4 * size).map { row in
        (0..<4 * size).map { four[row / size][$0 / size] * inner[row % size][$0 % size] / 2 }
      }
    }
    return matrix
  }

  @Test(arguments: [4, 16, 64, 256], [false, true])
  func `rotated int8 is turned back in its groups`(group: Int, isNested: Bool) throws {
    let (rows, columns) = (3, 512)
    let bytes = Self.bytes(rows * columns, seed: UInt64(group))
    let scales: [Float] = [0.02, 0.3, 0.007]
    let keys = "\"convrot\": true, \"convrot_groupsize\": \(group)"
    let parameters = isNested ? "\"params\": {\(keys)}" : keys
    let weight = try Self.weight(
      LayerFile(parts: [
        "a.weight": .init(.int8, [rows, columns], bytes), "a.weight_scale": .floats(scales),
        "a.comfy_quant": .text("{\"format\": \"int8_tensorwise\", \(parameters)}"),
      ]))
    let rotation = Self.rotation(group)
    let values = weight.widened().elements
    for row in 0..<rows {
      for column in 0..<columns {
        let first = row * columns + column / group * group
        let expected = (0..<group).reduce(0.0) { sum, index in
          sum + Double(Int8(bitPattern: bytes[first + index])) * Double(scales[row])
            * rotation[index][column % group]
        }
        let value = Double(values[row * columns + column])
        let bound = 1.3e-3 * Double(scales[row]) * Double(group).squareRoot()
        #expect(abs(value - expected) < bound)
      }
    }
    #expect(weight.rows(2..<3).widened().elements == Array(values[(2 * columns)...]))
  }

  @Test func `a group that is not named is 256`() throws {
    let bytes = Self.bytes(256, seed: 1)
    func weight(_ group: String) throws -> [Float] {
      let mark = "{\"format\": \"int8_tensorwise\", \"convrot\": true\(group)}"
      return try Self.weight(
        LayerFile(parts: [
          "a.weight": .init(.int8, [1, 256], bytes), "a.weight_scale": .floats([1]),
          "a.comfy_quant": .text(mark),
        ])
      ).widened().elements
    }
    #expect(try weight("") == weight(", \"convrot_groupsize\": 256"))
    #expect(try weight("") != weight(", \"convrot_groupsize\": 64"))
  }

  @Test(arguments: ["nvfp4", "nvfp4_tall", "mxfp8"])
  func `layers in tiles stand for what the reference makes of them`(name: String) throws {
    let fixture = try Checkpoint.open(file: Fixture.path("weights/quantized.safetensors"))
    func part(_ ending: String, as type: DType) throws -> LayerFile.Part {
      let tensor = try #require(fixture.tensors["\(name).\(ending)"])
      return .init(type, tensor.shape, tensor.bytes(0..<tensor.byteCount))
    }
    let isFloat4 = name != "mxfp8"
    var parts = [
      "a.weight": try part("weight", as: isFloat4 ? .uint8 : .float8E4M3),
      "a.weight_scale": try part("weight_scale", as: isFloat4 ? .float8E4M3 : .float8E8M0),
    ]
    if isFloat4 { parts["a.weight_scale_2"] = try part("weight_scale_2", as: .float32) }
    if !isFloat4 {
      // mxfp8 cannot be told from other fp8.
      parts["a.comfy_quant"] = .text("{\"format\": \"mxfp8\"}")
    }
    let values = try #require(fixture.tensors["\(name).values"]).widened()
    let weight = try Self.weight(LayerFile(parts: parts))
    #expect(weight.shape == values.shape)
    #expect(weight.widened() == values)
    let rows = weight.shape[0]
    #expect(
      weight.rows(rows - 2..<rows).widened().elements == values.elements.suffix(2 * values.columns))
    #expect(
      weight.rows(startingAt: rows / 2).rows(0..<1).widened().elements
        == weight.rows(rows / 2..<rows / 2 + 1).widened().elements)
  }

  @Test func `nvfp4 in rows has its first column in the low nibble`() throws {
    let bytes = Self.bytes(2 * 16, seed: 9)
    let scales = Self.bytes(2 * 2, seed: 10)
    var file = LayerFile(parts: [
      "a.weight": .init(.uint8, [2, 16], bytes),
      "a.weight_scale": .init(.float8E4M3, [2, 2], scales),
      "a.weight_scale_2": .floats([0.75], shape: []),
    ])
    file.metadata = ["quantization": "nvfp4"]
    let codes = try Self.codes("e4m3")
    let levels: [Float] = [0, 0.5, 1, 1.5, 2, 3, 4, 6, -0.0, -0.5, -1, -1.5, -2, -3, -4, -6]
    let expected = (0..<64).map { place in
      let byte = bytes[place / 2]
      return levels[Int(place % 2 == 0 ? byte & 15 : byte >> 4)]
        * (codes[Int(scales[place / 16])] * 0.75)
    }
    #expect(try Self.weight(file).widened().elements == expected)
    // Two rows of scales are no tiles, so that the shape alone tells.
    file.metadata = [:]
    #expect(try Self.weight(file).widened().elements == expected)
  }

  @Test(arguments: ["", "model.diffusion_model."])
  func `the header's marks are found with and without a prefix`(prefix: String) throws {
    var file = LayerFile(parts: [
      "\(prefix)a.weight": .init(.int8, [1, 4], [1, 0, 0, 0]),
      "\(prefix)a.weight_scale": .floats([2]),
    ])
    file.metadata = [
      "_quantization_metadata":
        #"{"layers": {"a": {"format": "int8_tensorwise", "convrot": true, "convrot_groupsize": 4}}}"#
    ]
    #expect(try Self.weight(file, "\(prefix)a.weight").widened().elements == [1, 1, 1, -1])
    file.metadata = ["_quantization_metadata": #"{"layers": {"a": "int8_tensorwise"}}"#]
    #expect(try Self.weight(file, "\(prefix)a.weight").widened().elements == [2, 0, 0, 0])
  }

  /// A file with one flaw, and text of the message that names it.
  struct Flaw: CustomTestStringConvertible, Sendable {
    var testDescription: String
    var file: LayerFile
    var says: String

    init(
      _ description: String, _ parts: [String: LayerFile.Part], mark: String? = nil,
      header: String? = nil, says: String
    ) {
      file = LayerFile(parts: parts)
      if let mark { file.parts["a.comfy_quant"] = .text(mark) }
      if let header { file.metadata["_quantization_metadata"] = header }
      (testDescription, self.says) = (description, says)
    }
  }

  private static let fp8 = LayerFile.Part(.float8E4M3, [2, 2], [1, 2, 3, 4])
  private static let int8 = LayerFile.Part(.int8, [2, 4], [1, 2, 3, 4, 5, 6, 7, 8])
  private static let float4 = LayerFile.Part(.uint8, [128, 32], [UInt8](repeating: 1, count: 4096))
  private static let one = LayerFile.Part.floats([1], shape: [])
  static let flaws = [
    Flaw("int8 without a scale", ["a.weight": int8], says: "a.weight_scale is missing"),
    Flaw(
      "fp8 without the scale that the file announces",
      ["a.weight": fp8, "scaled_fp8": .init(.float8E4M3, [0], [])],
      says: "a.weight_scale is missing"),
    Flaw(
      "marked fp8 without a scale", ["a.weight": fp8], mark: #"{"format": "float8_e4m3fn"}"#,
      says: "a.weight_scale is missing"),
    Flaw(
      "a scale without a weight", ["a.weight_scale": .floats([2])],
      says: "no weight that it belongs"),
    Flaw(
      "a scale beside floats", ["a.weight": .floats([1, 2]), "a.scale_weight": .floats([2])],
      says: "a.scale_weight is a scale"),
    Flaw(
      "both spellings of a scale",
      ["a.weight": fp8, "a.weight_scale": one, "a.scale_weight": .floats([2])],
      says: "a.scale_weight is a scale"),
    Flaw(
      "three scales for two rows", ["a.weight": fp8, "a.weight_scale": .floats([1, 2, 3])],
      says: "shape [3]"),
    Flaw(
      "a scale that is no number", ["a.weight": fp8, "a.weight_scale": .floats([.nan])],
      says: "finite floats"),
    Flaw(
      "a scale of bytes", ["a.weight": fp8, "a.weight_scale": .init(.uint8, [1], [1])],
      says: "expected finite floats"),
    Flaw(
      "blocks of another size", ["a.weight": fp8, "a.weight_scale_inv": .floats([1, 2])],
      says: "expected [1, 1]"),
    Flaw(
      "a format that is not read", ["a.weight": int8, "a.weight_scale": one],
      mark: #"{"format": "convrot_w4a4"}"#, says: "'convrot_w4a4'"),
    Flaw(
      "nvfp4 that is rotated", ["a.weight": float4], mark: #"{"format": "nvfp4", "convrot": true}"#,
      says: "'nvfp4' with convrot"),
    Flaw(
      "a mark of another type", ["a.weight": fp8, "a.weight_scale": one],
      mark: #"{"format": "int8_tensorwise"}"#, says: "expected I8"),
    Flaw(
      "a group that does not divide", ["a.weight": int8, "a.weight_scale": one],
      mark: #"{"format": "int8_tensorwise", "convrot": true, "convrot_groupsize": 16}"#,
      says: "groups of 16 of 4 columns"),
    Flaw(
      "a group that is no power of four", ["a.weight": int8, "a.weight_scale": one],
      mark: #"{"format": "int8_tensorwise", "convrot": true, "convrot_groupsize": 2}"#,
      says: "groups of 2"),
    Flaw("a mark without a format", ["a.weight": int8], mark: "{}", says: "names no format"),
    Flaw("a mark that is no JSON", ["a.weight": int8], mark: "{", says: "names no format"),
    Flaw(
      "a header that is no object", ["a.weight": int8], header: "[]", says: "no object of layers"),
    Flaw(
      "a header without formats", ["a.weight": int8], header: #"{"layers": {"a": 3}}"#,
      says: "names no format of the layer 'a'"),
    Flaw(
      "nvfp4 of unknown layout",
      [
        "a.weight": float4,
        "a.weight_scale": .init(.float8E4M3, [128, 4], [UInt8](repeating: 1, count: 512)),
        "a.weight_scale_2": one,
      ], says: "which of two layouts"),
    Flaw(
      "tiles of another size",
      [
        "a.weight": float4,
        "a.weight_scale": .init(.float8E4M3, [64, 4], [UInt8](repeating: 1, count: 256)),
        "a.weight_scale_2": one,
      ], mark: #"{"format": "nvfp4"}"#, says: "expected F8_E4M3 [128, 4]"),
    Flaw(
      "nvfp4 without its factor",
      [
        "a.weight": float4,
        "a.weight_scale": .init(.float8E4M3, [128, 4], [UInt8](repeating: 1, count: 512)),
      ],
      mark: #"{"format": "nvfp4"}"#, says: "a.weight_scale_2 is missing"),
    Flaw(
      "half a block", ["a.weight": .init(.uint8, [2, 4], [UInt8](repeating: 1, count: 8))],
      mark: #"{"format": "nvfp4"}"#, says: "whole 16s"),
    Flaw(
      "mxfp8 with too few scales",
      [
        "a.weight": .init(.float8E4M3, [2, 32], [UInt8](repeating: 1, count: 64)),
        "a.weight_scale": .init(.uint8, [2], [1, 1]),
      ], mark: #"{"format": "mxfp8"}"#, says: "expected 512 bytes"),
  ]

  @Test(arguments: flaws)
  func `a layer with a flaw is refused, and the flaw is named`(flaw: Flaw) throws {
    let error = #expect(throws: WeightsError.self) { try flaw.file.read() }
    #expect(error?.detail.contains(flaw.says) == true, "\(error?.detail ?? "accepted")")
  }

  @Test func `what belongs to no weight stays, for the model to report`() throws {
    let checkpoint = try LayerFile(parts: [
      "a.weight": Self.fp8, "a.weight_scale": Self.one, "a.pre_quant_scale": .floats([1, 2]),
    ]).read()
    #expect(checkpoint.tensors.keys.sorted() == ["a.pre_quant_scale", "a.weight"])
  }
}
