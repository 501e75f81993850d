public import Tensors

/// Bytes that belong to a tensor with no file behind it; written once, before anyone else sees them.
private final class ByteBuffer: Sendable {
  let address: UInt

  init(_ parts: [WeightTensor]) {
    let byteCount = parts.reduce(0) { $0 + $1.byteCount }
    let buffer = UnsafeMutableRawPointer.allocate(byteCount: max(byteCount, 1), alignment: 64)
    var offset = 0
    for part in parts {
      unsafe (buffer + offset).copyMemory(
        from: UnsafeRawPointer(bitPattern: part.address) ?? UnsafeRawPointer(buffer),
        byteCount: part.byteCount)
      offset += part.byteCount
    }
    address = UInt(bitPattern: buffer)
  }

  deinit {
    unsafe UnsafeMutableRawPointer(bitPattern: address)?.deallocate()
  }
}

extension WeightTensor {
  /// Copies tensors on top of each other, in their storage format: for small ones alone.
  /// - Precondition: They differ at most in their number of rows, and there is at least one.
  public static func stacking(_ parts: [WeightTensor]) -> WeightTensor {
    let inner = parts[0].shape.dropFirst()
    precondition(
      parts.allSatisfy {
        $0.shape.dropFirst() == inner && $0.elementType == parts[0].elementType
          && !$0.shape.isEmpty
      }, "stacking \(parts.map { $0.shape })")
    let buffer = ByteBuffer(parts)
    return WeightTensor(
      shape: [parts.reduce(0) { $0 + $1.shape[0] }] + inner, elementType: parts[0].elementType,
      address: buffer.address, owner: buffer)
  }
}
