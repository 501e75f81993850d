import Tensors
import Testing

/// Tests of the check for finite elements, for each computable type.
@Suite struct FiniteTests {
  /// Elements in memory, at an odd address, as files have them.
  private func isFinite(_ bytes: [UInt8], _ type: DType) -> Bool {
    final class Owner: Sendable {}
    let memory = UnsafeMutableRawPointer.allocate(byteCount: bytes.count + 1, alignment: 8)
    defer { unsafe memory.deallocate() }
    for (index, byte) in bytes.enumerated() {
      unsafe memory.storeBytes(of: byte, toByteOffset: index + 1, as: UInt8.self)
    }
    let tensor = WeightTensor(
      shape: [bytes.count / type.byteCount], dtype: type,
      address: UInt(bitPattern: memory) + 1,
      owner: Owner())
    return tensor.isFinite
  }

  private func bytes<Bits: FixedWidthInteger>(_ bits: Bits, count: Int, at place: Int) -> [UInt8] {
    (0..<count).flatMap { index in
      let value = index == place ? bits : 0
      return (0..<Bits.bitWidth / 8).map { UInt8(truncatingIfNeeded: value >> Bits(8 * $0)) }
    }
  }

  @Test(arguments: [0, 1, 7, 8, 99])
  func `anything infinite or no number is found, wherever it is`(place: Int) {
    let count = 100
    for bits: UInt16 in [0x7C00, 0xFC00, 0x7E00, 0x7C01] {
      #expect(!isFinite(bytes(bits, count: count, at: place), .float16))
    }
    for bits: UInt16 in [0x7F80, 0xFF80, 0x7FC0, 0x7F81] {
      #expect(!isFinite(bytes(bits, count: count, at: place), .bfloat16))
    }
    for bits: UInt32 in [0x7F80_0000, 0xFF80_0000, 0x7FC0_0000, 0x7F80_0001] {
      #expect(!isFinite(bytes(bits, count: count, at: place), .float32))
    }
    #expect(isFinite(bytes(UInt16(0x7BFF), count: count, at: place), .float16))
    #expect(isFinite(bytes(UInt16(0x7C00), count: count, at: place), .bfloat16))
    #expect(isFinite(bytes(UInt16(0x7F7F), count: count, at: place), .bfloat16))
    #expect(isFinite(bytes(UInt32(0x7F7F_FFFF), count: count, at: place), .float32))
  }

  @Test func `nothing is finite`() { #expect(isFinite([], .float16)) }
}
