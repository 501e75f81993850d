import Tensors
import TestSupport
import Testing

/// A matrix of random bytes in some encoding.
private enum Encoded {
  static let (rows, columns) = (70, 768)

  /// Returns a matrix whose scales are finite, and not so different that sums lose what they have.
  static func matrix(_ format: WeightEncoding.Format, seed: UInt64) -> WeightTensor {
    let block = format.block
    var random = SeededGenerator(seed: seed)
    var bytes = (0..<rows * columns / block.values * block.byteCount).map { _ in
      UInt8(truncatingIfNeeded: random.next())
    }
    // No byte is an e4m3 NaN, nor the upper one of an infinite float16.
    for index in bytes.indices { bytes[index] &= 0x6B }
    let stored = raw(bytes)
    let scales: WeightScales? =
      switch format {
      case .float8E4M3: .rows((0..<rows).map { 0.01 * Float($0 + 1) })
      case .float8E5M2, .nvfp4, .nvfp4Tiled: .whole(0.03)
      case .int8: .rows((0..<rows).map { 0.001 * Float($0 + 1) })
      default: nil
      }
    return stored.encoded(
      as: WeightEncoding(
        format, rowCount: rows, scales: scales, blockScales: blockScales(format, seed: seed + 1),
        rotationGroup: format == .int8 ? 256 : 0),
      shape: [rows, columns])
  }

  private static func blockScales(_ format: WeightEncoding.Format, seed: UInt64) -> BlockScales? {
    let count = columns / format.block.values
    guard [.mxfp8, .nvfp4, .nvfp4Tiled].contains(format) else { return nil }
    var random = SeededGenerator(seed: seed)
    let tiled = BlockScales.tiledByteCount(rows: rows, blockCount: count)
    let bytes = (0..<tiled).map { _ in
      UInt8(100 + random.below(24)) & (format == .mxfp8 ? 0xFF : 0x4F)
    }
    return format == .nvfp4
      ? .rows(raw(bytes), blockCount: count) : .tiles(raw(bytes), blockCount: count)
  }

  fileprivate static func raw(_ bytes: [UInt8]) -> WeightTensor {
    let buffer = ByteBuffer(count: bytes.count)
    unsafe bytes.withUnsafeBytes { source in
      guard let first = source.baseAddress else { return }
      unsafe buffer.start.copyMemory(from: first, byteCount: source.count)
    }
    return WeightTensor(
      shape: [bytes.count], dtype: .uint8, address: buffer.address, owner: buffer)
  }
}

@Suite struct EncodingTests {
  private static let device = Device(threadCount: 2)

  @Test(arguments: WeightEncoding.Format.allCases, [Precision.float32, .bfloat16])
  func `products are those of the decoded matrix, to the bit`(
    format: WeightEncoding.Format, precision: Precision
  ) {
    let weight = Encoded.matrix(format, seed: 1)
    let decoded = WeightTensor(weight.widened())
    #expect(decoded.isFinite)
    for rows in [1, 3, 4, 19, 37] {
      let x = Naive.tensor([rows, Encoded.columns], seed: UInt64(rows))
      let result = Self.device.linear(x, weight.computed(in: precision))
      let expected = Self.device.linear(x, decoded.computed(in: precision))
      #expect(result == expected, "\(rows) rows")
      #expect(result.elements.allSatisfy(\.isFinite) && result.elements.contains { $0 != 0 })
    }
  }

  @Test(arguments: WeightEncoding.Format.allCases)
  func `slices and exchanged halves keep their rows' scales`(format: WeightEncoding.Format) {
    let weight = Encoded.matrix(format, seed: 2)
    let whole = weight.widened()
    let half = Encoded.rows / 2
    #expect(weight.rows(3..<41).widened() == Naive.rows(3..<41, of: whole))
    #expect(weight.rows(3..<41).rows(7..<9).widened() == Naive.rows(10..<12, of: whole))
    let exchanged = weight.rows(startingAt: half)
    #expect(exchanged.rows(half..<Encoded.rows).widened() == Naive.rows(0..<half, of: whole))
    let lower = Naive.rows(half..<Encoded.rows, of: whole).elements
    #expect(exchanged.widened().elements == lower + Naive.rows(0..<half, of: whole).elements)
    let (bytes, middle) = (weight.bytes, weight.byteCount / 2)
    #expect(exchanged.bytes == Array(bytes[middle...]) + Array(bytes[..<middle]))
    let x = Naive.tensor([5, Encoded.columns], seed: 3)
    #expect(
      Self.device.linear(x, exchanged) == Self.device.linear(x, WeightTensor(exchanged.widened())))
  }

  @Test(arguments: WeightEncoding.Format.allCases)
  func `gathered rows and columns are decoded`(format: WeightEncoding.Format) {
    let weight = Encoded.matrix(format, seed: 4)
    let whole = weight.widened()
    let columns = [0, 1, 255, 256, 300, 767]
    let gathered = weight.columns(columns, emptyRows: [2]).widened()
    for row in 0..<Encoded.rows {
      let expected = columns.map { row == 2 ? 0 : whole.elements[row * Encoded.columns + $0] }
      #expect(Array(gathered.elements[row * columns.count..<(row + 1) * columns.count]) == expected)
    }
    let ends = Naive.rows(69..<70, of: whole).elements + Naive.rows(0..<1, of: whole).elements
    #expect(weight.gathering(rows: [69, 0]).widened().elements == ends)
  }

  @Test func `int8 weights in panels are multiplied as those in rows are`() throws {
    let (rows, columns) = (96, 260)
    let panels = Self.device.quantize(WeightTensor(Naive.tensor([rows, columns], seed: 29)))
    let quantization = try #require(panels.quantization)
    #expect(quantization.layout == .panels(firstRow: 0))
    let bytes = panels.bytes
    let units = (0..<rows * columns).map { index in
      let (row, column) = (index / columns, index % columns)
      let word = (row / 32 * (columns / 4) + column / 4) * 32 + row % 32
      return bytes[4 * word + column % 4] ^ 0x80
    }
    let plain = Encoded.raw(units).quantized(
      by: Quantization(
        scales: quantization.scales, factors: quantization.factors, group: quantization.group),
      shape: [rows, columns])
    let x = Naive.tensor([30, columns], seed: 30)
    #expect(Self.device.linear(x, panels) == Self.device.linear(x, plain))
    for range in [32..<96, 7..<9, 20..<61] {
      #expect(
        Self.device.linear(x, panels.rows(range)) == Self.device.linear(x, plain.rows(range)),
        "\(range)")
    }
  }

  @Test(arguments: [WeightEncoding.Format.q4K, .float8E4M3, .nvfp4Tiled])
  func `is quantised to int8 as the decoded matrix is`(format: WeightEncoding.Format) throws {
    let weight = Encoded.matrix(format, seed: 5)
    let result = Self.device.quantize(weight)
    let expected = Self.device.quantize(WeightTensor(weight.widened()))
    #expect(result.bytes == expected.bytes)
    let (first, second) = (try #require(result.quantization), try #require(expected.quantization))
    #expect(first.scales == second.scales && first.factors == second.factors)
    let x = Naive.tensor([6, Encoded.columns], seed: 6)
    #expect(Self.device.linear(x, result) == Self.device.linear(x, expected))
  }

  @Test(arguments: [WeightEncoding.Format.q80, .q6K, .int8])
  func `a kernel of a convolution is decoded`(format: WeightEncoding.Format) {
    let weight = Encoded.matrix(format, seed: 7).reshaped([Encoded.rows, 768, 1, 1])
    func convolved(_ weight: WeightTensor) -> Tensor {
      Self.device.convolution(
        Naive.tensor([4, 5, 768], seed: 8),
        ConvolutionKernel(weight: weight, bias: nil, geometry: .pointwise)
      ).image
    }
    #expect(convolved(weight) == convolved(WeightTensor(weight.widened())))
  }
}

extension WeightTensor {
  /// The stored elements.
  fileprivate var bytes: [UInt8] {
    var bytes: [UInt8] = []
    while bytes.count < byteCount {
      let piece = storedBytes(from: bytes.count)
      unsafe bytes.append(
        contentsOf: UnsafeRawBufferPointer(
          start: UnsafeRawPointer(bitPattern: piece.address), count: piece.count))
    }
    return bytes
  }
}

extension Naive {
  /// Some rows of a matrix.
  fileprivate static func rows(_ range: Range<Int>, of tensor: Tensor) -> Tensor {
    let width = tensor.columns
    return Tensor(
      shape: [range.count, width],
      elements: Array(tensor.elements[range.lowerBound * width..<range.upperBound * width]))
  }
}
