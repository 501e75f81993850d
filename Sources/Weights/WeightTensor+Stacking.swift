public import Tensors

extension WeightTensor {
  /// Returns a copy of tensors concatenated along the rows, in their storage format; for small
  /// ones.
  /// - Precondition: There is at least one tensor, and they differ at most in their number of rows.
  public static func stacking(_ parts: [WeightTensor]) -> WeightTensor {
    let inner = parts[0].shape.dropFirst()
    precondition(
      parts.allSatisfy {
        $0.shape.dropFirst() == inner && $0.dtype == parts[0].dtype
          && !$0.shape.isEmpty && $0.encoding == nil
      }, "stacking \(parts.map { $0.shape })")
    let buffer = ByteBuffer(count: parts.reduce(0) { $0 + $1.byteCount })
    var target = unsafe buffer.start
    for part in parts where part.byteCount > 0 {
      guard let source = unsafe UnsafeRawPointer(bitPattern: part.address) else { continue }
      unsafe target.copyMemory(from: source, byteCount: part.byteCount)
      unsafe target += part.byteCount
    }
    return WeightTensor(
      shape: [parts.reduce(0) { $0 + $1.shape[0] }] + inner, dtype: parts[0].dtype,
      address: buffer.address, owner: buffer)
  }
}

extension WeightTensor {
  /// The value of a tensor with a single float or integer element, for example an adapter's
  /// `alpha`.
  ///
  /// - Returns: `nil` for any other count or type.
  public var number: Double? {
    guard count == 1 else { return nil }
    if dtype == .float64 { return Double(bitPattern: load()) }
    if isComputable { return widened().elements.first.map { Double($0) } }
    switch dtype {
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

extension WeightTensor {
  /// Returns a copy of some bytes of the elements.
  /// - Precondition: The range lies inside the tensor.
  public func bytes(_ range: Range<Int>) -> [UInt8] {
    precondition(range.lowerBound >= 0 && range.upperBound <= byteCount, "bytes \(range)")
    var bytes: [UInt8] = []
    bytes.reserveCapacity(range.count)
    while bytes.count < range.count {
      let piece = storedBytes(from: range.lowerBound + bytes.count)
      let count = min(piece.count, range.count - bytes.count)
      unsafe bytes.append(
        contentsOf: UnsafeRawBufferPointer(
          start: UnsafeRawPointer(bitPattern: piece.address), count: count))
    }
    return bytes
  }
}
