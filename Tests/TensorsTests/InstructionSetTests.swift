import Foundation
import Tensors
import Testing

@Suite struct InstructionSetTests {
  @Test func `IRIS_ISA lowers the choice of kernels`() {
    let best = Device.instructionSet
    let known = ["avx512", "avx2", "portable"]
    #expect(known.contains(best))
    if let wanted = ProcessInfo.processInfo.environment["IRIS_ISA"] {
      let order = known.firstIndex(of: best) ?? 0
      #expect(order >= known.firstIndex(of: wanted) ?? 0)
    }
  }
}
