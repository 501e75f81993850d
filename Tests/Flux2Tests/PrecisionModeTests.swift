import Tensors
import Testing

@testable import Flux2

@Suite struct PrecisionModeTests {
  private static func choice(
    _ mode: PrecisionMode = .auto, parameters: Int = 8_000_000_000, memory: Int? = 64 << 30
  ) -> PrecisionChoice {
    mode.choice(
      parameters: parameters, residentByteCount: 8 << 30, memoryByteCount: memory, products: .iris)
  }

  @Test(arguments: Precision.allCases)
  func `what is asked for is taken`(precision: Precision) throws {
    let mode = try #require(PrecisionMode(rawValue: precision.rawValue))
    let choice = Self.choice(mode, parameters: 1, memory: 1)
    #expect(choice.precision == precision)
    #expect(choice.reason.contains("slower") == !precision.isNative)
  }

  @Test func `small models are rendered as the reference renders them`() {
    #expect(Self.choice(parameters: 20_000_000).precision == .float32)
  }

  @Test func `where the stored weights do not fit into memory they are quantised`() {
    let choice = Self.choice(memory: 9 << 30)
    #expect(choice.precision == .int8)
    #expect(choice.reason.contains("memory"))
  }

  @Test(arguments: [64 << 30, nil])
  func `large models take the fastest precision close to the reference`(memory: Int?) {
    let expected: Precision =
      Precision.bfloat16.isNative ? .bfloat16 : Precision.int8.isNative ? .int8 : .float32
    #expect(Self.choice(memory: memory).precision == expected)
  }
}
