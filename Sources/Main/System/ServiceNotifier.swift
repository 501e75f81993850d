import Foundation
import Synchronization

/// Tells systemd how the service is doing: the protocol of sd_notify(3), which is a datagram of lines
/// to the socket that `NOTIFY_SOCKET` names.
package final class ServiceNotifier: Sendable {
  private let descriptor: Int32
  private let address: [UInt8]
  /// The time within which systemd wants a sign of life.
  private let watchdogMicroseconds: Int?
  private let isPinging = Atomic(false)

  /// Nil where nobody asks to be told.
  package init?(environment: [String: String]) {
    guard let name = environment["NOTIFY_SOCKET"], let address = Self.address(name) else {
      return nil
    }
    descriptor = socket(
      AF_UNIX, Int32(SOCK_DGRAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
    guard descriptor >= 0 else { return nil }
    self.address = address
    let isMeant = environment["WATCHDOG_PID"].map { Int32($0) == getpid() } ?? true
    watchdogMicroseconds =
      isMeant ? environment["WATCHDOG_USEC"].flatMap { Int($0) }.flatMap { $0 > 0 ? $0 : nil } : nil
  }

  deinit { close(descriptor) }

  /// The service takes requests from now on.
  package func sayReady(_ status: String) { send("READY=1\nSTATUS=\(status)") }

  /// The service reads its files again; `sayReady` must follow.
  package func sayReloading() {
    var now = timespec()
    unsafe clock_gettime(CLOCK_MONOTONIC, &now)
    send("RELOADING=1\nMONOTONIC_USEC=\(now.tv_sec * 1_000_000 + now.tv_nsec / 1000)")
  }

  /// The service ends once everyone is answered.
  package func sayStopping(_ status: String) { send("STOPPING=1\nSTATUS=\(status)") }

  /// What the service is doing, for people.
  package func say(_ status: String) { send("STATUS=\(status)") }

  /// Gives signs of life, from now on, for as long as a thread runs what it is asked to.
  ///
  /// - Parameter perform: Has the thread run something soon: what stands still makes no sign.
  package func keepAlive(_ perform: @escaping @Sendable (@escaping @Sendable () -> Void) -> Void) {
    guard let watchdogMicroseconds else { return }
    Thread { [weak self] in
      // Three times as often as must be, so that one may be late.
      while let self {
        if !self.isPinging.exchange(true, ordering: .acquiringAndReleasing) {
          perform { [weak self] in
            self?.send("WATCHDOG=1", Int32(MSG_DONTWAIT))
            self?.isPinging.store(false, ordering: .releasing)
          }
        }
        usleep(UInt32(clamping: max(watchdogMicroseconds / 3, 1000)))
      }
    }.start()
  }

  /// What cannot be sent is lost: whoever was to read it is who restarts the service.
  private func send(_ text: String, _ flags: Int32 = 0) {
    let bytes = Array(text.utf8)
    var name = sockaddr_un()
    name.sun_family = sa_family_t(AF_UNIX)
    unsafe withUnsafeMutableBytes(of: &name.sun_path) { unsafe $0.copyBytes(from: address) }
    let length = socklen_t(MemoryLayout<sa_family_t>.size + address.count)
    unsafe withUnsafePointer(to: &name) { pointer in
      unsafe pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { address in
        _ = unsafe sendto(
          descriptor, bytes, bytes.count, flags | Int32(MSG_NOSIGNAL), address, length)
      }
    }
  }

  /// A path, or with `@` a name that is in no file system; nil for other kinds, which hosts of
  /// virtual machines have.
  private static func address(_ name: String) -> [UInt8]? {
    var bytes = Array(name.utf8)
    guard let first = bytes.first, bytes.count < MemoryLayout.size(ofValue: sockaddr_un().sun_path)
    else { return nil }
    if first == UInt8(ascii: "@") {
      bytes[0] = 0
    } else if first == UInt8(ascii: "/") {
      bytes.append(0)
    } else {
      return nil
    }
    return bytes
  }
}
