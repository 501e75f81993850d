import Glibc

/// One client: its socket, its protocol state, and the task that answers it.
///
/// It belongs to the event loop and never leaves its thread.
final class ServerConnection {
  let id: UInt64
  let socket: FileDescriptor
  var state: ConnectionStateMachine
  var writeBuffer = WriteBuffer()
  /// Whether the socket may have bytes that were not read.
  var isReadable = true
  /// What answers the request once its body is here.
  var responder: Responder?
  /// The number of the current request.
  var requestNumber: UInt64 = 0
  /// The task that answers it.
  var task: Task<Void, Never>?
  /// Producers that wait for room in the write buffer.
  var waitingWriters: [CheckedContinuation<Void, any Error>] = []
  /// What this connection's body takes of the budget.
  var chargedBytes = 0

  init(id: UInt64, socket: FileDescriptor, state: ConnectionStateMachine) {
    self.id = id
    self.socket = socket
    self.state = state
  }

  /// Reads what the socket has into a buffer.
  /// - Returns: How many bytes came; 0 when there are none now, or none ever again.
  func read(into buffer: inout [UInt8]) -> Int {
    var count = 0
    repeat {
      count = unsafe buffer.withUnsafeMutableBytes { bytes in
        unsafe recv(socket.number, bytes.baseAddress, bytes.count, 0)
      }
    } while count < 0 && errno == EINTR
    // Less than asked for means that the socket is empty: anything newer makes a new event.
    isReadable = count == buffer.count
    return max(0, count)
  }

  /// Lets producers go on, or tells them that the client is gone.
  func resumeWaitingWriters(throwing error: (any Error)? = nil) {
    let resumed = waitingWriters
    waitingWriters = []
    for writer in resumed {
      if let error { writer.resume(throwing: error) } else { writer.resume() }
    }
  }

  /// Tells what answers the request that it need not go on; nothing, once it has finished.
  func endExchange() {
    requestNumber = 0
    responder = nil
    task?.cancel()
    task = nil
    resumeWaitingWriters(throwing: CancellationError())
  }
}

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
