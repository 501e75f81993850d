import CHTTP
import Glibc
import Synchronization

/// The queue of commands from other threads to the event loop, with an eventfd that wakes the loop.
final class CommandQueue: Sendable {
  /// Identifies one request of one connection; a command for a finished request is dropped.
  struct RequestID: Equatable, Sendable {
    let connection: UInt64
    let request: UInt64
  }

  enum Command: Sendable {
    /// The result of a deferred admission decision.
    case admit(RequestID, Result<Admission, any Error>)
    case interim(RequestID, Status)
    case respond(RequestID, Response)
    /// A piece of a stream; the continuation resumes when there is room for another.
    case write(RequestID, [UInt8], CheckedContinuation<Void, any Error>)
    case endStream(RequestID)
    case abort(RequestID)
    /// A closure to run on the loop, which must return at once.
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

  /// Adds a command and wakes the loop; returns false if the loop has ended.
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

  /// Takes all commands off the queue; called by the loop only.
  func dequeueAll() -> [Command] {
    state.withLock { state in
      defer { state.commands = [] }
      return state.commands
    }
  }

  /// Ends the queue: takes the last commands, refuses any more and resumes `waitUntilClosed`.
  func close() -> [Command] {
    let (commands, waiters) = state.withLock { state in
      defer { state = State(isClosed: true) }
      return (state.commands, state.waiters)
    }
    for waiter in waiters { waiter.resume() }
    return commands
  }

  /// Waits until the loop has ended.
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
