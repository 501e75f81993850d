import Flux2
import Foundation
import TestSupport
import Testing

@Suite struct AdapterFuzzTests {
  /// Text whose presence in a header changes the role, the layer or the shape of a tensor.
  private static let fragments = [
    ".lokr_w1", ".lokr_w2_a", ".hada_w1_a", ".diff", ".diff_b", ".dora_scale", ".alpha",
    ".lora_B.bias", ".lora_A.default", "lycoris_", "text_encoder.", "model.", ".", "_", "\"", "[",
    ",1",
    "0", "1", "4", "F64", "F8_E5M2", "I8", "9223372036854775807",
  ].map { Array($0.utf8) }

  private static let files = [
    "comfy", "lycoris_dora", "lycoris_lokr", "lycoris_loha", "text_encoder", "float8_e4m3",
    "peft_named",
  ]

  @Test(arguments: files)
  func `are read or refused with a reason, and never trap`(name: String) throws {
    let whole = try Fixture.bytes("\(AdapterKind.folder)/\(name).safetensors")
    let transformer = try LoRAFixture.configuration("tiny")
    let encoder = try ReferenceModel.all[0].textEncoder().configuration
    var random = SeededGenerator(seed: UInt64(whole.count))
    let folder = try TemporaryFolder()
    let path = folder.path("fuzz.safetensors")
    var accepted = 0
    let rounds = ProcessInfo.processInfo.environment["IRIS_FUZZ_RUNS"].flatMap { Int($0) } ?? 400
    for _ in 0..<rounds {
      try Data(Self.mutation(of: whole, &random)).write(to: URL(filePath: path))
      do {
        let adapter = try Adapter.open(file: path, for: transformer, textEncoder: encoder)
        #expect(!adapter.changes.isEmpty)
        accepted += 1
      } catch {
        #expect(error.code == .adapter && !error.detail.isEmpty)
      }
    }
    // Mutations of elements alone are valid files: the fuzz must reach both outcomes.
    #expect((1..<rounds).contains(accepted))
  }

  /// Changes the header or the elements; half of the changed headers have their length mended.
  private static func mutation(
    of whole: [UInt8], _ random: inout SeededGenerator
  ) -> [UInt8] {
    let length = (0..<8).reversed().reduce(0) { $0 << 8 | Int(whole[$1]) }
    var header = Array(whole[8..<8 + length])
    var elements = Array(whole[(8 + length)...])
    for _ in 0..<Int.random(in: 1...3, using: &random) {
      let position = Int.random(in: 0..<header.count, using: &random)
      switch Int.random(in: 0..<5, using: &random) {
      case 0: header[position] = UInt8.random(in: 0x20...0x7E, using: &random)
      case 1: header.remove(at: position)
      case 2:
        let fragment = fragments.randomElement(using: &random) ?? []
        header.insert(contentsOf: fragment, at: position)
      case 3:
        let fragment = fragments.randomElement(using: &random) ?? []
        let end = min(position + fragment.count, header.count)
        header.replaceSubrange(position..<end, with: fragment)
      default:
        let place = Int.random(in: 0..<elements.count, using: &random)
        elements[place] = UInt8.random(in: 0...255, using: &random)
      }
    }
    let shown = Bool.random(using: &random) ? header.count : length
    return (0..<8).map { UInt8(truncatingIfNeeded: shown >> (8 * $0)) } + header + elements
  }
}
