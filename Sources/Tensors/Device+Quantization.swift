import CKernels

extension Device {
  /// Quantises a weight matrix to int8: columns are scaled to equal size and rotated in groups, so that
  /// outliers among inputs or weights do not cost the others their precision, then rows are rounded.
  /// - Parameters:
  ///   - weight: `[D, C]` in a computable storage format; it is read only.
  ///   - rotates: False to leave out the rotation, for comparisons.
  ///   - equalizes: False to leave out the factors of columns, for comparisons.
  /// - Returns: `[D, C]` in memory of its own, a byte for each element.
  /// - Note: Ashkboos et al., *QuaRot*, arXiv:2404.00456; Xiao et al., *SmoothQuant*, arXiv:2211.10438, of
  ///   which this takes the part that needs no calibration.
  public func quantize(
    _ weight: WeightTensor, rotates: Bool = true, equalizes: Bool = true
  ) -> WeightTensor {
    precondition(
      weight.shape.count == 2 && weight.dtype.isComputable, "\(weight.dtype) \(weight.shape)")
    let (rows, columns) = (weight.shape[0], weight.shape[1])
    let group = rotates ? Quantization.group(for: columns) : 1
    let buffer = UnitBuffer(count: weight.count)
    var factors = Tensor(zeros: [columns])
    var scales = Tensor(zeros: [rows])
    unsafe factors.withRows { factors in
      unsafe scales.withRows { scales in
        var arguments = unsafe iris_quantize_args(
          w: weight.stored, n: rows, k: columns, group: group, equalizes: equalizes,
          y: buffer.pointer, scales: scales.data, factors: factors.data)
        unsafe iris_quantize(pool, &arguments)
      }
    }
    return WeightTensor(
      shape: weight.shape, dtype: .int8, address: buffer.address, owner: buffer,
      quantization: Quantization(scales: scales, factors: factors, group: group))
  }
}

/// Owns the units of a quantised matrix; written once, before it is shared.
private final class UnitBuffer: Sendable {
  let address: UInt
  private let byteCount: Int

  init(count: Int) {
    let buffer = UnsafeMutableRawPointer.allocate(byteCount: max(count, 1), alignment: 64)
    address = UInt(bitPattern: buffer)
    byteCount = count
  }

  deinit {
    unsafe UnsafeMutableRawPointer(bitPattern: address)?.deallocate()
  }

  var pointer: UnsafeMutablePointer<Int8>? { unsafe UnsafeMutablePointer(bitPattern: address) }
}
