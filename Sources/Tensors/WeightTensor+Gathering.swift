import CKernels
import Glibc

/// Owns memory whose pages can be read again.
package protocol PageOwner {
  /// Lets the system drop the pages of a part; they are read again when they are used.
  func evict(from start: UInt, byteCount: Int)
  /// Begins to read the pages of a part that are not in memory.
  func readAhead(from start: UInt, byteCount: Int)
  /// Reads the pages of a part one by one, as they are used, or with those around them.
  func setReadsAround(_ readsAround: Bool, from start: UInt, byteCount: Int)
}

extension WeightTensor {
  /// Lets the system drop the pages of a tensor in a mapped file from the process's memory.
  ///
  /// They are read again when they are used. Has no effect on other tensors.
  package func evict() {
    let (start, byteCount) = storedBytes(from: 0)
    (owner as? any PageOwner)?.evict(from: start, byteCount: byteCount)
  }

  /// Begins to read the pages of a tensor in a mapped file that are not in memory; has no effect on others.
  func readAhead() {
    let (start, byteCount) = storedBytes(from: 0)
    (owner as? any PageOwner)?.readAhead(from: start, byteCount: byteCount)
  }

  /// Reads a few places of a tensor in a mapped file, without the megabytes around each that the system would read
  /// in the expectation of more.
  package func readingSparsely<Result>(_ body: () -> Result) -> Result {
    let pages = owner as? any PageOwner
    let (start, byteCount) = storedBytes(from: 0)
    pages?.setReadsAround(false, from: start, byteCount: byteCount)
    defer { pages?.setReadsAround(true, from: start, byteCount: byteCount) }
    return body()
  }

  /// The element type of copies of some rows or columns: that of the elements, unless they are decoded.
  package var gatheredType: DType { isDirect ? dtype : .float32 }

  /// True if the kernels load the elements as they are.
  package var isDirect: Bool { encoding == nil && dtype.isDirect }

  /// Returns a copy of some rows of a matrix, in its storage format or decoded.
  package func gathering(rows numbers: [Int]) -> WeightTensor {
    let rowBytes = columnCount * gatheredType.byteCount
    return readingSparsely {
      unsafe WeightTensor(
        shape: [numbers.count, columnCount], dtype: gatheredType,
        filledBy: { first in
          for (place, row) in numbers.enumerated() {
            let target = unsafe first + place * rowBytes
            if isDirect {
              unsafe target.copyMemory(from: start + row * rowBytes, byteCount: rowBytes)
            } else {
              unsafe iris_widen(
                stored, row, 0, columnCount, target.assumingMemoryBound(to: Float.self))
            }
          }
        })
    }
  }

  /// Returns a copy of some columns of a matrix, `[D, columns]`, in its storage format or decoded.
  /// - Parameters:
  ///   - numbers: The columns.
  ///   - emptyRows: Rows that are zero in the copy.
  package func columns(_ numbers: [Int], emptyRows: [Int] = []) -> WeightTensor {
    let (width, rowCount) = (gatheredType.byteCount, shape[0])
    return unsafe WeightTensor(
      shape: [rowCount, numbers.count], dtype: gatheredType,
      filledBy: { first in
        if isDirect {
          unsafe copy(columns: numbers, to: first)
        } else {
          unsafe decode(columns: numbers, to: first.assumingMemoryBound(to: Float.self))
        }
        let rowBytes = numbers.count * width
        for row in emptyRows { unsafe memset(first + row * rowBytes, 0, rowBytes) }
      })
  }

  private func copy(columns numbers: [Int], to first: UnsafeMutableRawPointer) {
    let width = dtype.byteCount
    var target = unsafe first
    for row in 0..<shape[0] {
      let source = unsafe start + row * columnCount * width
      for number in numbers {
        unsafe target.copyMemory(from: source + number * width, byteCount: width)
        unsafe target += width
      }
    }
  }

  /// Decodes columns, ascending ones of a block once for all.
  private func decode(columns numbers: [Int], to first: UnsafeMutablePointer<Float>) {
    let stored = unsafe stored
    let unit = max(encoding?.rotationGroup ?? 0, encoding?.format.block.values ?? 1)
    unsafe withUnsafeTemporaryAllocation(of: Float.self, capacity: unit) { block in
      var target = unsafe first
      for row in 0..<shape[0] {
        var decoded = -1
        for number in numbers {
          if number / unit != decoded {
            decoded = number / unit
            unsafe iris_widen(stored, row, decoded * unit, unit, block.baseAddress)
          }
          unsafe target.pointee = block[number % unit]
          unsafe target += 1
        }
      }
    }
  }

  private var columnCount: Int { shape[1] }

  private var start: UnsafeRawPointer {
    guard let pointer = unsafe pointer else { preconditionFailure("a tensor without memory") }
    return unsafe pointer
  }

  /// Creates a tensor in memory of its own.
  init(shape: [Int], dtype: DType, filledBy fill: (UnsafeMutableRawPointer) -> Void) {
    let buffer = ByteBuffer(count: shape.reduce(dtype.byteCount, *))
    unsafe fill(buffer.start)
    self.init(shape: shape, dtype: dtype, address: buffer.address, owner: buffer)
  }
}
