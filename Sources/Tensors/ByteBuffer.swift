/// Owns the bytes of a tensor that does not come from a file; written once, before they are shared.
package final class ByteBuffer: Sendable {
  /// Address of the first byte; a multiple of 64.
  package let address: UInt
  /// The number of bytes.
  package let byteCount: Int

  /// Allocates uninitialised bytes.
  package init(count: Int) {
    let buffer = UnsafeMutableRawPointer.allocate(byteCount: max(count, 1), alignment: 64)
    address = UInt(bitPattern: buffer)
    byteCount = count
  }

  deinit { unsafe start.deallocate() }

  /// The first byte.
  package var start: UnsafeMutableRawPointer {
    guard let start = unsafe UnsafeMutableRawPointer(bitPattern: address) else {
      preconditionFailure("memory is never at address 0")
    }
    return unsafe start
  }
}
