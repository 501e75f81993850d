import Foundation
import Tensors
import Testing

@Suite struct InstructionSetTests {
  /// From the fastest to the slowest.
  private static let known = ["avx512", "avx2", "portable"]

  @Test func `without IRIS_ISA the fastest kernels of the processor are used`() async throws {
    await #expect(processExitsWith: .success) {
      unsafe unsetenv("IRIS_ISA")
      let fastest = try InstructionSetTests.fastest()
      try #require(Device.instructionSet == fastest)
    }
  }

  @Test(arguments: known)
  func `IRIS_ISA lowers the choice of kernels`(wanted: String) async throws {
    await #expect(processExitsWith: .success) { [wanted] in
      unsafe setenv("IRIS_ISA", wanted, 1)
      let (known, fastest) = (InstructionSetTests.known, try InstructionSetTests.fastest())
      let order = try #require(known.firstIndex(of: fastest))
      let expected = known[max(order, try #require(known.firstIndex(of: wanted)))]
      try #require(Device.instructionSet == expected)
    }
  }

  /// The fastest kernels that the processor has, as the system lists its instructions.
  private static func fastest() throws -> String {
    let flags =
      try String(contentsOfFile: "/proc/cpuinfo", encoding: .utf8)
      .split(separator: "\n").first { $0.hasPrefix("flags") }?.split(separator: " ") ?? []
    func has(_ needed: [Substring]) -> Bool { needed.allSatisfy(flags.contains) }
    if has(["avx512f", "avx512bw", "avx512dq", "avx512vl"]) { return "avx512" }
    return has(["avx2", "fma", "f16c"]) ? "avx2" : "portable"
  }
}
