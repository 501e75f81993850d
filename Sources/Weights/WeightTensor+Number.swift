public import Tensors

extension WeightTensor {
  /// The value of a tensor with a single element, float or integer: an adapter's `alpha`.
  ///
  /// - Returns: `nil` for any other count or type.
  public var number: Double? {
    guard count == 1 else { return nil }
    if elementType.isComputable { return widened().elements.first.map { Double($0) } }
    switch elementType {
    case .float64: return Double(bitPattern: load())
    case .int64: return Double(load() as Int64)
    case .int32: return Double(load() as Int32)
    case .int16: return Double(load() as Int16)
    case .int8: return Double(load() as Int8)
    case .uint8: return Double(load() as UInt8)
    default: return nil
    }
  }

  private func load<Value: FixedWidthInteger & BitwiseCopyable>() -> Value {
    unsafe UnsafeRawBufferPointer(
      start: UnsafeRawPointer(bitPattern: address), count: MemoryLayout<Value>.size
    ).loadUnaligned(as: Value.self)
  }
}
