import CHTTP
import Glibc
import Synchronization

/// How other threads speak to the event loop: commands in order, and a descriptor that wakes it.
final class CommandQueue: Sendable {
  /// Names one exchange of one connection; what comes for an exchange that is over is dropped.
  struct RequestID: Equatable, Sendable {
    let connection: UInt64
    let request: UInt64
  }

  enum Command: Sendable {
    /// What a deferred decision came to.
    case admit(RequestID, Result<Admission, any Error>)
    case interim(RequestID, Status)
    case respond(RequestID, Response)
    /// A piece of a stream; the continuation resumes when there is room for another.
    case write(RequestID, [UInt8], CheckedContinuation<Void, any Error>)
    case endStream(RequestID)
    case abort(RequestID)
    /// Something that returns at once.
    case perform(@Sendable () -> Void)
    case drain
    case stop
  }

  private struct State {
    var commands: [Command] = []
    var isClosed = false
    var waiters: [CheckedContinuation<Void, Never>] = []
  }

  let wake: FileDescriptor
  private let state = Mutex(State())

  init() throws(HTTPError) {
    wake = try FileDescriptor(eventfd(0, Int32(EFD_NONBLOCK | EFD_CLOEXEC)), "eventfd")
  }

  /// Leaves a command for the loop; false when the loop has ended.
  @discardableResult
  func enqueue(_ command: Command) -> Bool {
    let (isOpen, isFirst) = state.withLock { state in
      guard !state.isClosed else { return (false, false) }
      state.commands.append(command)
      return (true, state.commands.count == 1)
    }
    if isFirst { eventfd_write(wake.number, 1) }
    return isOpen
  }

  /// Takes every command; from the loop only.
  func dequeueAll() -> [Command] {
    state.withLock { state in
      defer { state.commands = [] }
      return state.commands
    }
  }

  /// Takes the last commands and refuses any more: the loop has ended.
  func close() -> [Command] {
    let (commands, waiters) = state.withLock { state in
      defer { state = State(isClosed: true) }
      return (state.commands, state.waiters)
    }
    for waiter in waiters { waiter.resume() }
    return commands
  }

  /// Returns once the loop has ended.
  func waitUntilClosed() async {
    await withCheckedContinuation { continuation in
      let isClosed = state.withLock { state in
        if !state.isClosed { state.waiters.append(continuation) }
        return state.isClosed
      }
      if isClosed { continuation.resume() }
    }
  }
}
