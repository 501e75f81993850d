/// Where a server listens.
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
