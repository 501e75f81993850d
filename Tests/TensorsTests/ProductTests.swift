import Foundation
import Tensors
import Testing

/// Differences between the providers of products, and those there must not be; `LinearTests` and `PrecisionTests` run with
/// each.
@Suite struct ProductTests {
  /// Tails on every side of a tile, several tiles, and more rows than are rounded at once.
  private static let shapes = [
    [4, 3, 5], [16, 16, 64], [61, 45, 513], [97, 533, 130], [400, 1100, 256], [1700, 9, 48],
    [61, 96, 260],
  ]

  @Test(arguments: InstalledProducts.libraries, shapes)
  func `a library's int8 product has the bytes of our kernels`(
    provider: ProductProvider, shape: [Int]
  ) {
    let ours = Device(threadCount: 2)
    let theirs = Device.multiplying(by: provider)
    var x = Naive.tensor([shape[0], shape[2]], seed: 1)
    var elements = Naive.tensor([shape[1], shape[2]], seed: 2)
    // Outliers, too: a channel of the input, and a row that writes one.
    for row in 0..<shape[0] { x.elements[row * shape[2] + 3] *= 100 }
    for column in 0..<shape[2] { elements.elements[shape[2] + column] *= 100 }
    let weight = ours.quantize(WeightTensor(elements))
    let bias = Naive.tensor([shape[1]], seed: 3)
    #expect(theirs.linear(x, weight, bias: bias) == ours.linear(x, weight, bias: bias))
    var (first, second) = (Naive.tensor([shape[0], shape[1]], seed: 4), bias)
    second = first
    ours.linear(x, weight, bias: bias, scale: 0.3, accumulate: true, into: &first)
    theirs.linear(x, weight, bias: bias, scale: 0.3, accumulate: true, into: &second)
    #expect(first == second)
  }

  /// float32 weights are widened or rounded in pieces: of k, and of columns.
  @Test(arguments: InstalledProducts.all, [DType.bfloat16, .float16])
  func `weights that are stored in 16 bits give the same in pieces`(
    provider: ProductProvider, type: DType
  ) {
    let device = Device.multiplying(by: provider)
    let bits: [UInt16] = (0..<70 * 5000).map { UInt16(truncatingIfNeeded: $0 &* 7919) & 0xBBFF }
    let stored = PackedBits(bits).tensor([70, 5000], type)
    let x = Naive.tensor([20, 5000], seed: 9)
    let expected = Naive.linear(x, stored.widened(), bias: nil)
    let size = expected.elements.map(abs).max() ?? 0
    #expect(worst(device.linear(x, stored), expected).difference < 1e-5 * size)
    let rounded = worst(device.linear(x, stored.computed(in: .bfloat16)), expected)
    #expect(rounded.difference < 1e-2 * size)
  }

  @Test(arguments: InstalledProducts.all, Precision.allCases)
  func `several callers at once get what one gets`(
    provider: ProductProvider, precision: Precision
  ) async {
    let device = Device.multiplying(by: provider, threads: 3)
    let x = (20..<28).map { Naive.tensor([$0, 64], seed: UInt64($0)) }
    let plain = WeightTensor(Naive.tensor([70, 64], seed: 2))
    let weight = precision == .int8 ? device.quantize(plain) : plain.computed(in: precision)
    let expected = x.map { device.linear($0, weight) }
    await withTaskGroup(of: Bool.self) { group in
      for caller in 0..<16 {
        group.addTask {
          (0..<40).allSatisfy { round in
            let index = (caller + round) % x.count
            return device.linear(x[index], weight) == expected[index]
          }
        }
      }
      for await equal in group { #expect(equal) }
    }
  }

  @Test func `more shapes than are kept ready are multiplied as well`() throws {
    try #require(InstalledProducts.all.contains(.onednn))
    let ours = Device(threadCount: 1)
    let theirs = Device.multiplying(by: .onednn, threads: 1)
    let weight = ours.quantize(WeightTensor(Naive.tensor([3, 8], seed: 2)))
    for rows in (4..<310).flatMap({ [$0, 5] }) {
      let x = Naive.tensor([rows, 8], seed: 1)
      #expect(theirs.linear(x, weight) == ours.linear(x, weight))
    }
  }
}

/// Who multiplies, and the words about it.
@Suite struct ProductChoiceTests {
  @Test func `without a wish our kernels multiply what they have instructions for`() throws {
    let choice = try ProductChoice(.auto)
    #expect(Device(threadCount: 1).products == .iris)
    if Device.instructionSet != "portable" {
      #expect(choice.provider(in: .float32) == .iris && !choice.isNotable(in: .float32))
      #expect(choice.description(in: .float32).hasPrefix("iris: its kernels have"))
    }
    #expect(ProductChoice.iris.description(in: .int8) == "iris: asked for")
  }

  @Test func `a library that lacks a precision leaves it to our kernels and says so`() throws {
    try #require(InstalledProducts.all.contains(.openblas))
    let choice = try ProductChoice(.openblas)
    #expect(choice.provider(in: .float32) == .openblas)
    #expect(choice.description(in: .float32).hasSuffix(": asked for"))
    #expect(choice.provider(in: .int8) == .iris && choice.isNotable(in: .int8))
    let words = choice.description(in: .int8)
    #expect(words.hasPrefix("iris: OpenBLAS 0.") && words.contains("has no products in int8"))
  }

  @Test func `processors without tuned kernels get OpenBLAS for float32`() async throws {
    try #require(InstalledProducts.all.contains(.openblas))
    await #expect(processExitsWith: .success) {
      unsafe setenv("IRIS_ISA", "portable", 1)
      let choice = try ProductChoice(.auto)
      try #require(choice.provider(in: .float32) == .openblas)
      try #require(choice.description(in: .float32).contains("iris lack instructions"))
      let x = Naive.tensor([20, 30], seed: 1)
      let weight = Naive.tensor([40, 30], seed: 2)
      let device = Device(threadCount: 2, products: choice)
      let found = worst(device.linear(x, WeightTensor(weight)), Naive.linear(x, weight, bias: nil))
      try #require(found.difference < 1e-5)
    }
  }

  @Test func `opening OpenBLAS leaves the environment as it was`() async throws {
    try #require(InstalledProducts.all.contains(.openblas))
    await #expect(processExitsWith: .success) {
      unsafe setenv("OPENBLAS_NUM_THREADS", "7", 1)
      unsafe unsetenv("OPENBLAS_CORETYPE")
      _ = try ProductChoice(.openblas)
      try #require(unsafe getenv("OPENBLAS_CORETYPE") == nil)
      try #require(unsafe String(cString: getenv("OPENBLAS_NUM_THREADS")) == "7")
    }
  }
}
