import CHTTP
import Glibc

/// A set of file descriptors that one thread waits on (`epoll(7)`), edge-triggered.
///
/// Memory-safe although `epoll_event` can hold a pointer: only numbers are ever stored there.
@safe struct Epoll {
  /// A change of a descriptor's state.
  struct Event {
    /// The id under which the descriptor was added.
    let id: UInt64
    let isReadable: Bool
    /// True if the peer closed its sending side or the connection broke.
    ///
    /// A client that only stops sending cannot be told from one that left.
    let hasHungUp: Bool
  }

  private static let batchCount = 256

  private let descriptor: FileDescriptor
  private var batch = unsafe [epoll_event](repeating: epoll_event(), count: batchCount)

  init() throws(HTTPError) {
    descriptor = try FileDescriptor(epoll_create1(Int32(EPOLL_CLOEXEC)), "epoll_create1")
  }

  /// Adds a descriptor, whose changes are reported once each until it closes.
  func add(_ added: FileDescriptor, id: UInt64) throws(HTTPError) {
    var event = unsafe epoll_event()
    unsafe event.events =
      EPOLLIN.rawValue | EPOLLOUT.rawValue | EPOLLRDHUP.rawValue | EPOLLET.rawValue
    unsafe event.data.u64 = id
    let result = unsafe epoll_ctl(descriptor.number, EPOLL_CTL_ADD, added.number, &event)
    try HTTPError.check(result, "epoll_ctl")
  }

  /// Waits for events; returns none when the time is up.
  /// - Parameter milliseconds: The longest wait; -1 for no limit.
  mutating func wait(milliseconds: Int32) -> [Event] {
    let count = unsafe batch.withUnsafeMutableBufferPointer { buffer in
      unsafe chttp_epoll_wait(
        descriptor.number, buffer.baseAddress, Int32(Self.batchCount), milliseconds)
    }
    return unsafe batch.prefix(max(0, Int(count))).map { event in
      let gone = EPOLLRDHUP.rawValue | EPOLLHUP.rawValue | EPOLLERR.rawValue
      let events = unsafe event.events
      return Event(
        id: unsafe event.data.u64, isReadable: events & EPOLLIN.rawValue != 0,
        hasHungUp: events & gone != 0)
    }
  }
}

/// A file descriptor that closes with its last owner.
final class FileDescriptor: Sendable {
  let number: Int32

  /// Takes ownership of what a system call returned.
  /// - Throws: `system` with `errno` if it returned -1.
  init(_ number: Int32, _ what: String) throws(HTTPError) {
    guard number >= 0 else { throw HTTPError(.system(errno: errno), "\(what) failed") }
    self.number = number
  }

  deinit { close(number) }

  /// Tells a socket's peer that nothing more will come.
  func shutDownSending() { shutdown(number, Int32(SHUT_WR)) }
}

extension HTTPError {
  /// Checks a system call's result.
  static func check(_ result: Int32, _ what: String) throws(HTTPError) {
    guard result == 0 else { throw HTTPError(.system(errno: errno), "\(what) failed") }
  }
}
