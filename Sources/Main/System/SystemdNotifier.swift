import Foundation
import Synchronization

/// Reports the service's state to systemd by the protocol of sd_notify(3): datagrams of lines to the
/// socket that `NOTIFY_SOCKET` names.
package final class SystemdNotifier: Sendable {
  private let descriptor: Int32
  private let address: [UInt8]
  /// The interval within which systemd expects a ping.
  private let watchdogMicroseconds: Int?
  private let isPinging = Atomic(false)

  /// Nil if the environment names no usable socket.
  package init?(environment: [String: String]) {
    guard let name = environment["NOTIFY_SOCKET"], let address = Self.address(name) else {
      return nil
    }
    descriptor = socket(
      AF_UNIX, Int32(SOCK_DGRAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
    guard descriptor >= 0 else { return nil }
    self.address = address
    let isForUs = environment["WATCHDOG_PID"].map { Int32($0) == getpid() } ?? true
    watchdogMicroseconds =
      isForUs ? environment["WATCHDOG_USEC"].flatMap { Int($0) }.flatMap { $0 > 0 ? $0 : nil } : nil
  }

  deinit { close(descriptor) }

  /// Reports that the service accepts requests.
  package func notifyReady(_ status: String) { send("READY=1\nSTATUS=\(status)") }

  /// Reports that the service reads its files again; `notifyReady` must follow.
  package func notifyReloading() {
    var now = timespec()
    unsafe clock_gettime(CLOCK_MONOTONIC, &now)
    send("RELOADING=1\nMONOTONIC_USEC=\(now.tv_sec * 1_000_000 + now.tv_nsec / 1000)")
  }

  /// Reports that the service ends once its accepted requests are answered.
  package func notifyStopping(_ status: String) { send("STOPPING=1\nSTATUS=\(status)") }

  /// Sets the status line that `systemctl status` shows.
  package func notifyStatus(_ status: String) { send("STATUS=\(status)") }

  /// Starts sending watchdog pings, if systemd asked for them.
  ///
  /// - Parameter perform: Schedules a closure on the thread to watch. The ping is sent from there, so that
  ///   a thread that hangs sends none.
  package func startWatchdog(
    _ perform: @escaping @Sendable (@escaping @Sendable () -> Void) -> Void
  ) {
    guard let watchdogMicroseconds else { return }
    Thread { [weak self] in
      // Three times as often as required, so that one may be late.
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

  /// Sends a datagram; one that cannot be sent is lost, since its reader is what restarts the service.
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

  /// The bytes of `sun_path` for a path or, with `@`, an abstract name; nil for other address families,
  /// such as vsock.
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
