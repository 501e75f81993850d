import CHTTP
import Glibc

/// The set of descriptors that one thread waits on.
///
/// Safe although `epoll_event` has room for a pointer: only numbers are ever stored there.
@safe struct Epoll {
  /// What happened to a descriptor.
  struct Event {
    /// The number under which it was added.
    let id: UInt64
    let isReadable: Bool
    /// The peer closed its side or the connection broke.
    ///
    /// Closing one side counts: a client that only stops sending looks like one that left.
    let hasHungUp: Bool
  }

  private static let batchCount = 256

  private let descriptor: FileDescriptor
  private var batch = unsafe [epoll_event](repeating: epoll_event(), count: batchCount)

  init() throws(HTTPError) {
    descriptor = try FileDescriptor(epoll_create1(Int32(EPOLL_CLOEXEC)), "epoll_create1")
  }

  /// Reports every change of a descriptor from here on, once each, until it closes.
  func add(_ added: FileDescriptor, id: UInt64) throws(HTTPError) {
    var event = unsafe epoll_event()
    unsafe event.events =
      EPOLLIN.rawValue | EPOLLOUT.rawValue | EPOLLRDHUP.rawValue | EPOLLET.rawValue
    unsafe event.data.u64 = id
    let result = unsafe epoll_ctl(descriptor.number, EPOLL_CTL_ADD, added.number, &event)
    try HTTPError.check(result, "epoll_ctl")
  }

  /// Waits until something happens or the time is up.
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
