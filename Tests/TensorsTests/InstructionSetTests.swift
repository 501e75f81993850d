import Foundation
import Tensors
import Testing

@Suite struct InstructionSetTests {
  /// From the fastest to the slowest.
  private static let known = ["avx512", "avx2", "portable"]

  @Test func `without IRIS_ISA the fastest kernels of the processor are used`() async throws {
    await #expect(processExitsWith: .success) {
      unsafe unsetenv("IRIS_ISA")
      let flags =
        try String(contentsOfFile: "/proc/cpuinfo", encoding: .utf8)
        .split(separator: "\n").first { $0.hasPrefix("flags") }?.split(separator: " ") ?? []
      func has(_ needed: [Substring]) -> Bool { needed.allSatisfy(flags.contains) }
      let best =
        has(["avx512f", "avx512bw", "avx512dq", "avx512vl"])
        ? "avx512" : has(["avx2", "fma", "f16c"]) ? "avx2" : "portable"
      try #require(Device.instructionSet == best)
    }
  }

  @Test(arguments: known)
  func `IRIS_ISA lowers the choice of kernels`(wanted: String) async throws {
    let best = Device.instructionSet
    let order = Self.known.firstIndex(of: best) ?? 0
    let expected = Self.known[max(order, Self.known.firstIndex(of: wanted) ?? 0)]
    await #expect(processExitsWith: .success) { [wanted, expected = expected as String] in
      unsafe setenv("IRIS_ISA", wanted, 1)
      try #require(Device.instructionSet == expected)
    }
  }
}
