import Glibc

/// Bytes on their way to a socket, in order.
struct WriteBuffer {
  private var buffers: [[UInt8]] = []
  /// The bytes of the first buffer that are gone already.
  private var offset = 0

  var isEmpty: Bool { buffers.isEmpty }

  mutating func append(_ bytes: [UInt8]) {
    if !bytes.isEmpty { buffers.append(bytes) }
  }

  /// Hands the first bytes to the kernel.
  /// - Returns: How many it took; 0 when it takes none now, or none ever again.
  mutating func send(to descriptor: FileDescriptor) -> Int {
    guard let first = buffers.first else { return 0 }
    let more = buffers.count > 1 ? Int32(MSG_MORE) : 0
    var count = 0
    repeat {
      count = unsafe first.withUnsafeBytes { bytes in
        let rest = unsafe UnsafeRawBufferPointer(rebasing: bytes[offset...])
        return unsafe Glibc.send(
          descriptor.number, rest.baseAddress, rest.count, Int32(MSG_NOSIGNAL) | more)
      }
    } while count < 0 && errno == EINTR
    guard count > 0 else { return 0 }
    offset += count
    if offset == first.count {
      buffers.removeFirst()
      offset = 0
    }
    return count
  }
}
