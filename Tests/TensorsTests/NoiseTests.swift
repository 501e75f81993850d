import Tensors
import Testing

@Suite struct NoiseTests {
  @Test func `seed 42 gives torch's values (spec §7.6)`() {
    let expected: [Float] = [
      1.9269153, 1.4872841, 0.9007172, -2.105521, 0.67841846, -1.2345449, -0.043067478, -1.6046669,
    ]
    for (value, known) in zip(Noise.normal(count: 64, seed: 42), expected) {
      #expect(abs(value - known) < 2e-6)
    }
  }

  @Test func `a count that is no multiple of 16 draws its last 16 values anew`() {
    let whole = Noise.normal(count: 32, seed: 7)
    let odd = Noise.normal(count: 35, seed: 7)
    #expect(odd[..<19] == whole[..<19])
    #expect(odd[19..<32] != whole[19..<32])
  }

  @Test func `only the low 32 bits of a seed count`() {
    #expect(Noise.normal(count: 16, seed: 5) == Noise.normal(count: 16, seed: 5 + 1 << 32))
  }
}
