import Tensors
import TestSupport
import Testing
import Weights

/// Files of quantised weights, mutated; `HeaderFuzzTests` does plain safetensors.
@Suite struct FuzzTests {
  private static let ggufSeed: [UInt8] = {
    let tokens =
      SafetensorsFile.littleEndian(UInt32(8)) + SafetensorsFile.littleEndian(UInt64(2))
      + ["a", "bc"].flatMap(GGUFFile.text)
    let shape =
      SafetensorsFile.littleEndian(UInt32(5)) + SafetensorsFile.littleEndian(UInt64(2))
      + SafetensorsFile.littleEndian(Int32(4)) + SafetensorsFile.littleEndian(Int32(16))
    return GGUFFile(
      tensors: [
        .init(name: "w", axes: [32, 2], type: 8, data: [UInt8](repeating: 1, count: 68)),
        .init(name: "k", axes: [256, 1], type: 12, data: [UInt8](repeating: 3, count: 144)),
        .init(name: "f", axes: [8, 8], type: 0, data: [UInt8](repeating: 0, count: 256)),
      ],
      keys: [
        ("general.architecture", 8, GGUFFile.text("qwen3")), ("t", 9, tokens),
        ("general.alignment", 4, SafetensorsFile.littleEndian(UInt32(32))),
        ("comfy.gguf.orig_shape.f", 9, shape),
      ]
    ).bytes
  }()

  private static let layerSeed: [UInt8] = {
    let bytes = { [UInt8](repeating: 5, count: $0) }
    var file = LayerFile(parts: [
      "a.weight": .init(.float8E4M3, [2, 4], bytes(8)), "a.weight_scale": .floats([1, 2]),
      "b.weight": .init(.int8, [2, 4], bytes(8)), "b.weight_scale": .floats([1], shape: []),
      "b.comfy_quant": .text(
        #"{"format":"int8_tensorwise","convrot":true,"convrot_groupsize":4}"#),
      "c.weight": .init(.uint8, [2, 8], bytes(16)), "c.weight_scale_2": .floats([1], shape: []),
      "c.weight_scale": .init(.float8E4M3, [2, 1], bytes(2)),
      "d.weight": .init(.float8E5M2, [2, 2], bytes(4)),
      "d.weight_scale_inv": .floats([1], shape: [1, 1]),
      "scaled_fp8": .init(.float8E4M3, [0], []),
    ])
    file.metadata["_quantization_metadata"] = #"{"layers":{"a":{"format":"float8_e4m3fn"}}}"#
    return file.bytes
  }()

  /// Text whose presence changes what a file means.
  private static let fragments: [[UInt8]] =
    [
      "{", "}", "[", "]", "\"", ",", ":", "-", "0", "9", "nvfp4", "mxfp8", "F8_E4M3", "F8_E8M0",
      "U8", "I8", "F32", "a.weight", "scale_weight", "weight_scale", "comfy_quant", "256", "4096",
    ].map { Array($0.utf8) }
    + [UInt64.max, 1 << 63, 1 << 62, 1 << 40, 256, 32, 2, 1, 0].map(SafetensorsFile.littleEndian)
    + (0..<42).map { SafetensorsFile.littleEndian(UInt32($0)) }

  @Test(arguments: [(ggufSeed, UInt64(1)), (layerSeed, UInt64(2))])
  func `files are read or refused, and never trap`(seed: [UInt8], number: UInt64) throws {
    var random = SeededGenerator(seed: number)
    let folder = try TemporaryFolder()
    var accepted = 0
    for _ in 0..<FuzzRuns.count {
      let path = try folder.write(Self.mutation(of: seed, &random), to: "file")
      do {
        let checkpoint = try Checkpoint.open(file: path).readingQuantizedLayers()
        for tensor in checkpoint.tensors.values where tensor.isComputable {
          #expect(tensor.widened().elements.count == tensor.count)
        }
        #expect(checkpoint.fingerprint().utf8.count == 64)
        accepted += 1
      } catch {
        if error.detail.isEmpty { Issue.record("an error says nothing") }
      }
    }
    #expect((1..<FuzzRuns.count).contains(accepted))
  }

  private static func mutation(of seed: [UInt8], _ random: inout SeededGenerator) -> [UInt8] {
    var bytes = seed
    for _ in 0..<random.below(4) where bytes.count > 1 {
      let position = random.below(bytes.count)
      let fragment = fragments[random.below(fragments.count)]
      switch random.below(6) {
      case 0: bytes[position] = UInt8(truncatingIfNeeded: random.next())
      case 1: bytes[position] ^= 1 << UInt8(random.below(8))
      case 2: bytes.remove(at: position)
      case 3: bytes.insert(contentsOf: fragment, at: position)
      case 4:
        let end = min(position + fragment.count, bytes.count)
        bytes.replaceSubrange(position..<end, with: fragment.prefix(end - position))
      default: bytes.removeLast(random.below(bytes.count))
      }
    }
    return bytes
  }
}
