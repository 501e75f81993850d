/// Factors in float32, each of a run of rows and a run of columns of a matrix.
public struct WeightScales: Sendable {
  private let buffer: ByteBuffer
  /// Rows, columns and, from one run of rows to the next, factors.
  let rowRun, columnRun, stride: Int

  private init(_ values: [Float], rowRun: Int, columnRun: Int, stride: Int) {
    let buffer = ByteBuffer(count: 4 * values.count)
    unsafe values.withUnsafeBytes { source in
      guard let first = source.baseAddress else { return }
      unsafe buffer.start.copyMemory(from: first, byteCount: source.count)
    }
    self.buffer = buffer
    (self.rowRun, self.columnRun, self.stride) = (rowRun, columnRun, stride)
  }

  /// One factor for the whole matrix.
  public static func whole(_ value: Float) -> WeightScales {
    WeightScales([value], rowRun: .max, columnRun: .max, stride: 0)
  }

  /// A factor for each row.
  public static func rows(_ values: [Float]) -> WeightScales {
    WeightScales(values, rowRun: 1, columnRun: .max, stride: 1)
  }

  /// A factor for each square block of elements; those at the ends may be smaller.
  public static func blocks(_ values: Tensor, edge: Int) -> WeightScales {
    WeightScales(values.elements, rowRun: edge, columnRun: edge, stride: values.columns)
  }

  /// The factors of some rows of a matrix that has no runs of columns.
  func values(ofRows rows: [Int]) -> [Float] {
    let all = unsafe UnsafeRawBufferPointer(start: buffer.start, count: buffer.byteCount)
      .bindMemory(to: Float.self)
    return rows.map { unsafe all[$0 / rowRun * stride] }
  }

  /// True if all columns of a row have one factor.
  var isPerRow: Bool { columnRun == .max }

  var pointer: UnsafePointer<Float>? {
    unsafe UnsafePointer(buffer.start.assumingMemoryBound(to: Float.self))
  }

  var sample: [UInt8] {
    unsafe [UInt8](
      UnsafeRawBufferPointer(start: buffer.start, count: min(buffer.byteCount, sampleByteCount)))
  }
}

/// A byte for each block of columns of a matrix, in the memory of its file.
public struct BlockScales: Sendable {
  private let address: UInt
  private let byteCount: Int
  /// Keeps the memory behind `address` alive.
  private let owner: any AnyObject & Sendable
  /// From one row to the next, or tiles side by side.
  let stride: Int
  /// True for tiles of 128 rows and 4 blocks.
  let isTiled: Bool

  private init(_ bytes: WeightTensor, stride: Int, isTiled: Bool) {
    (address, byteCount, owner) = (bytes.address, bytes.byteCount, bytes.owner)
    (self.stride, self.isTiled) = (stride, isTiled)
  }

  /// Rows of scales, `[D, blocks]`.
  public static func rows(_ bytes: WeightTensor, blockCount: Int) -> BlockScales {
    BlockScales(bytes, stride: blockCount, isTiled: false)
  }

  /// Tiles of 128 rows and 4 blocks, padded: 32 runs of 16 bytes, each of four rows that are 32 apart.
  /// - Note: NVIDIA, *cuBLAS*, "1D block scaling factors layout".
  public static func tiles(_ bytes: WeightTensor, blockCount: Int) -> BlockScales {
    BlockScales(bytes, stride: (blockCount + 3) / 4, isTiled: true)
  }

  /// The number of bytes of the tiles of a matrix.
  public static func tiledByteCount(rows: Int, blockCount: Int) -> Int {
    (rows + 127) / 128 * ((blockCount + 3) / 4) * 512
  }

  var pointer: UnsafePointer<UInt8>? {
    unsafe UnsafePointer(bitPattern: address)
  }

  var sample: [UInt8] {
    unsafe [UInt8](
      UnsafeRawBufferPointer(start: pointer, count: min(byteCount, sampleByteCount)))
  }
}

/// Bytes of scales that identify them.
private let sampleByteCount = 1024
