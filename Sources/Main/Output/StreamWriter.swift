import Foundation

/// Writes to what is no file: descriptors, devices, pipes and sockets.
///
/// None is removed or renamed.
enum StreamWriter {
  /// Writes all bytes, and waits for whoever reads them.
  /// - Parameter name: What messages call the place.
  static func write(_ bytes: [UInt8], to place: OutputPlace, as name: String) throws(CommandFailure)
  {
    // A reader that leaves is a failure with a message, not the end of the program.
    signal(SIGPIPE, SIG_IGN)
    let descriptor: Int32
    switch place {
    case .descriptor(let number):
      guard OpenDescriptor.write(bytes, to: number) else { throw failure(name) }
      return
    case .stream(let path), .file(let path):
      descriptor = unsafe open(path, O_WRONLY | O_NOCTTY | O_CLOEXEC)
    case .socket(let path): descriptor = connection(to: path)
    }
    guard descriptor >= 0 else { throw failure(name) }
    defer { close(descriptor) }
    guard OpenDescriptor.write(bytes, to: descriptor) else { throw failure(name) }
  }

  private static func failure(_ name: String) -> CommandFailure {
    CommandFailure("cannot write \(name): \(OutputPlace.systemError)")
  }

  /// Connects to a unix socket; negative where that fails.
  private static func connection(to path: String) -> Int32 {
    var address = sockaddr_un()
    address.sun_family = sa_family_t(AF_UNIX)
    let name = Array(path.utf8) + [0]
    guard name.count <= MemoryLayout.size(ofValue: address.sun_path) else {
      errno = ENAMETOOLONG
      return -1
    }
    unsafe withUnsafeMutableBytes(of: &address.sun_path) { unsafe $0.copyBytes(from: name) }
    let descriptor = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
    guard descriptor >= 0 else { return -1 }
    let size = socklen_t(MemoryLayout<sockaddr_un>.size)
    let status = unsafe withUnsafePointer(to: &address) { pointer in
      unsafe pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        unsafe connect(descriptor, $0, size)
      }
    }
    guard status == 0 else {
      let reason = errno
      close(descriptor)
      errno = reason
      return -1
    }
    return descriptor
  }
}
