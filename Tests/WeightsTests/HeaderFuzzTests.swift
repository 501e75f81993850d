import Tensors
import TestSupport
import Testing
import Weights

@Suite struct HeaderFuzzTests {
  private static let seedFile = SafetensorsFile.assemble(
    header: Array(
      (#"{"__metadata__":{"format":"pt"},"a.weight":{"dtype":"F32","shape":[2,2],"#
        + #""data_offsets":[0,16]},"b":{"dtype":"BF16","shape":[],"data_offsets":[16,18]},"#
        + #""n":{"dtype":"I64","shape":[1],"data_offsets":[18,26]}}"#).utf8),
    data: (0..<26).map { UInt8($0) })

  /// Text whose presence in a header changes what it means.
  private static let fragments = [
    "{", "}", "[", "]", "\"", "\\u", ",", ":", "-", "0", "9", "99999999999999999999", "[0,16]",
    "\"data_offsets\":[0,0],", "\u{0}", "é", "\"shape\":[0,4611686018427387904,4],",
  ].map { Array($0.utf8) }

  @Test(arguments: 0..<8)
  func `are read or refused, and never trap`(round: Int) throws {
    var random = SeededGenerator(seed: UInt64(round) &+ 1)
    var accepted = 0
    for _ in 0..<500 {
      let file = try SafetensorsFile(bytes: Self.mutation(&random))
      do {
        let checkpoint = try Checkpoint.open(file: file.path)
        for tensor in checkpoint.tensors.values where tensor.dtype.isComputable {
          #expect(tensor.widened().elements.count == tensor.count)
        }
        #expect(checkpoint.fingerprint().count == 64)
        accepted += 1
      } catch {
        #expect(!error.detail.isEmpty)
      }
    }
    // Mutations of data bytes alone are valid files: the fuzz must reach both outcomes.
    #expect((1..<500).contains(accepted))
  }

  private static func mutation(_ random: inout SeededGenerator) -> [UInt8] {
    var bytes = seedFile
    for _ in 0..<Int.random(in: 1...3, using: &random) {
      let position = Int.random(in: 0..<bytes.count, using: &random)
      switch Int.random(in: 0..<5, using: &random) {
      case 0: bytes[position] = UInt8.random(in: 0...255, using: &random)
      case 1: bytes[position] ^= 1 << UInt8.random(in: 0..<8, using: &random)
      case 2: bytes.remove(at: position)
      case 3:
        bytes.insert(
          contentsOf: fragments.randomElement(using: &random) ?? [], at: position)
      default: bytes.replaceSubrange(position..., with: bytes[position...].reversed())
      }
    }
    // Half the time the length is mended, so that the mutation reaches the parser.
    if Bool.random(using: &random), bytes.count > 34 {
      bytes.replaceSubrange(0..<8, with: SafetensorsFile.littleEndian(UInt64(bytes.count - 34)))
    }
    return bytes
  }
}
