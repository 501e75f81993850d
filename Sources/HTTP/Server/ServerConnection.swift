import Glibc

/// One accepted connection: its socket, its protocol state and the task that answers its request.
///
/// It belongs to the event loop and is used on the loop's thread only.
final class ServerConnection {
  let id: UInt64
  let socket: FileDescriptor
  var state: ConnectionStateMachine
  var writeBuffer = WriteBuffer()
  /// True if the socket may hold unread bytes.
  var isReadable = true
  /// The responder to run once the body has been read.
  var responder: Responder?
  /// The number of the current exchange; 0 between exchanges.
  var requestNumber: UInt64 = 0
  /// The task that decides about the request or answers it.
  var task: Task<Void, Never>?
  /// Writers of a streamed body that wait for room in the write buffer.
  var waitingWriters: [CheckedContinuation<Void, any Error>] = []
  /// The bytes charged to the body budget.
  var chargedBytes = 0

  init(id: UInt64, socket: FileDescriptor, state: ConnectionStateMachine) {
    self.id = id
    self.socket = socket
    self.state = state
  }

  /// Reads from the socket into a buffer.
  /// - Returns: The number of bytes read; 0 if there are none now, at the end, or after an error.
  func read(into buffer: inout [UInt8]) -> Int {
    var count = 0
    repeat {
      count = unsafe buffer.withUnsafeMutableBytes { bytes in
        unsafe recv(socket.number, bytes.baseAddress, bytes.count, 0)
      }
    } while count < 0 && errno == EINTR
    // A short read means that the socket is empty: newer bytes cause a new edge-triggered event.
    isReadable = count == buffer.count
    return max(0, count)
  }

  /// Resumes the waiting writers, with an error if the client is gone.
  func resumeWaitingWriters(throwing error: (any Error)? = nil) {
    let resumed = waitingWriters
    waitingWriters = []
    for writer in resumed {
      if let error { writer.resume(throwing: error) } else { writer.resume() }
    }
  }

  /// Forgets the current exchange and cancels its task if that still runs.
  func endExchange() {
    requestNumber = 0
    responder = nil
    task?.cancel()
    task = nil
    resumeWaitingWriters(throwing: CancellationError())
  }
}

/// Bytes to be written to a socket, in order.
struct WriteBuffer {
  private var buffers: [[UInt8]] = []
  /// The bytes of the first buffer that have been written.
  private var offset = 0

  var isEmpty: Bool { buffers.isEmpty }

  mutating func append(_ bytes: [UInt8]) {
    if !bytes.isEmpty { buffers.append(bytes) }
  }

  /// Writes from the first buffer.
  /// - Returns: The number of bytes that the kernel took; 0 if it takes none now, or after an error.
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
