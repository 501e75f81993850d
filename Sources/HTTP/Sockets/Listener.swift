import CHTTP
import Glibc

/// An address that a server listens at.
public enum BindAddress: Equatable, Sendable, CustomStringConvertible {
  /// A TCP port of a host or address; port 0 lets the system pick one.
  case tcp(host: String, port: UInt16)
  /// A socket in the file system.
  case unix(path: String)

  /// `host:port`, or `unix:path`.
  public var description: String {
    switch self {
    case .tcp(let host, let port): host.contains(":") ? "[\(host)]:\(port)" : "\(host):\(port)"
    case .unix(let path): "unix:\(path)"
    }
  }
}

/// A listening socket.
final class Listener: Sendable {
  enum AcceptResult {
    case connection(FileDescriptor, RemoteAddress)
    /// The backlog is empty.
    case none
    /// The process or the system has no file descriptors left.
    case exhausted
  }

  let descriptor: FileDescriptor
  /// The address it listens at, with the port that the system picked for port 0.
  let address: BindAddress

  /// The kernel caps this at `net.core.somaxconn`.
  private static let backlog: Int32 = 4096

  init(_ address: BindAddress, socketMode: UInt32 = 0o600) throws(HTTPError) {
    switch address {
    case .tcp(let host, let port):
      descriptor = try Self.bindTCP(host: host, port: port)
      self.address = .tcp(host: host, port: try Self.boundPort(of: descriptor) ?? port)
    case .unix(let path):
      descriptor = try Self.bindUnix(path: path, mode: socketMode)
      self.address = address
    }
    try HTTPError.check(listen(descriptor.number, Self.backlog), "listen")
  }

  deinit {
    if case .unix(let path) = address { unsafe unlink(path) }
  }

  func accept() -> AcceptResult {
    while true {
      do {
        var remote = chttp_remote()
        let accepted = try FileDescriptor(
          unsafe chttp_accept(descriptor.number, &remote), "accept4")
        if case .tcp = address { Self.enable(TCP_NODELAY, level: Int32(IPPROTO_TCP), on: accepted) }
        return .connection(accepted, RemoteAddress(remote))
      } catch {
        switch error.code {
        // The peer may have left while it was in the backlog.
        case .system(EINTR), .system(ECONNABORTED), .system(EPROTO), .system(EPERM): continue
        case .system(EAGAIN): return .none
        default: return .exhausted
        }
      }
    }
  }

  private static func socket(family: Int32) throws(HTTPError) -> FileDescriptor {
    let kind = SOCK_STREAM.rawValue | SOCK_NONBLOCK.rawValue | SOCK_CLOEXEC.rawValue
    return try FileDescriptor(Glibc.socket(family, Int32(kind), 0), "socket")
  }

  private static func enable(_ option: Int32, level: Int32, on descriptor: FileDescriptor) {
    var one: Int32 = 1
    unsafe setsockopt(descriptor.number, level, option, &one, socklen_t(MemoryLayout<Int32>.size))
  }

  private static func bindTCP(host: String, port: UInt16) throws(HTTPError) -> FileDescriptor {
    var hints = unsafe addrinfo()
    unsafe hints.ai_socktype = Int32(SOCK_STREAM.rawValue)
    unsafe hints.ai_flags = AI_PASSIVE
    var found: UnsafeMutablePointer<addrinfo>?
    guard unsafe getaddrinfo(host, String(port), &hints, &found) == 0, let info = unsafe found
    else { throw HTTPError(.system(errno: EADDRNOTAVAIL), "the host \(host) cannot be resolved") }
    defer { unsafe freeaddrinfo(info) }
    let descriptor = try socket(family: unsafe info.pointee.ai_family)
    enable(SO_REUSEADDR, level: SOL_SOCKET, on: descriptor)
    let result = unsafe bind(descriptor.number, info.pointee.ai_addr, info.pointee.ai_addrlen)
    try HTTPError.check(result, "bind to \(host):\(port)")
    return descriptor
  }

  private static func boundPort(of descriptor: FileDescriptor) throws(HTTPError) -> UInt16? {
    var storage = sockaddr_storage()
    var length = socklen_t(MemoryLayout<sockaddr_storage>.size)
    let result = unsafe withUnsafeMutablePointer(to: &storage) { pointer in
      unsafe pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { address in
        unsafe getsockname(descriptor.number, address, &length)
      }
    }
    try HTTPError.check(result, "getsockname")
    // IPv4 and IPv6 addresses both keep the port, in network order, after their family.
    return unsafe withUnsafeBytes(of: &storage) { bytes in
      unsafe UInt16(bytes[2]) << 8 | UInt16(bytes[3])
    }
  }

  private static func bindUnix(path: String, mode: UInt32) throws(HTTPError) -> FileDescriptor {
    var address = sockaddr_un()
    address.sun_family = sa_family_t(AF_UNIX)
    let bytes = Array(path.utf8)
    let fits = unsafe withUnsafeMutableBytes(of: &address.sun_path) { target in
      guard !bytes.isEmpty, bytes.count < target.count, !bytes.contains(0) else { return false }
      unsafe target.copyBytes(from: bytes)
      return true
    }
    guard fits else {
      throw HTTPError(.system(errno: ENAMETOOLONG), "the socket's path is too long")
    }
    let descriptor = try socket(family: AF_UNIX)
    if isSocket(path), try isStale(address) { unsafe unlink(path) }
    // The file gets the socket's mode, less the process's mask: nobody else can connect before chmod.
    try HTTPError.check(fchmod(descriptor.number, 0o600), "fchmod")
    let result = unsafe apply(address) { unsafe bind(descriptor.number, $0, $1) }
    try HTTPError.check(result, "bind to \(path)")
    try HTTPError.check(unsafe chmod(path, mode), "chmod of \(path)")
    return descriptor
  }

  /// Returns whether the file is a socket; any other file is left alone.
  private static func isSocket(_ path: String) -> Bool {
    var status = stat()
    return unsafe lstat(path, &status) == 0 && status.st_mode & S_IFMT == S_IFSOCK
  }

  /// Returns whether the file is a socket on which no process listens any more.
  private static func isStale(_ address: sockaddr_un) throws(HTTPError) -> Bool {
    let probe = try socket(family: AF_UNIX)
    return unsafe apply(address) { unsafe connect(probe.number, $0, $1) } != 0
      && errno == ECONNREFUSED
  }

  private static func apply(
    _ address: sockaddr_un, _ body: (UnsafePointer<sockaddr>, socklen_t) -> Int32
  ) -> Int32 {
    var address = address
    return unsafe withUnsafePointer(to: &address) { pointer in
      unsafe pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        unsafe body($0, socklen_t(MemoryLayout<sockaddr_un>.size))
      }
    }
  }
}

extension RemoteAddress {
  /// The peer's address as `accept4` reported it.
  fileprivate init(_ remote: chttp_remote) {
    self = remote.has_address ? .ip(IPAddress(high: remote.high, low: remote.low)) : .unix
  }
}
