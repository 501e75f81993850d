/// Who is at the other end of a connection.
public enum RemoteAddress: Hashable, Sendable, CustomStringConvertible {
  /// A host of a network, or this machine's loopback.
  case ip(IPAddress)
  /// A process of this machine, through a socket in the file system.
  case unix

  /// The address, or `unix`.
  public var description: String {
    switch self {
    case .ip(let address): "\(address)"
    case .unix: "unix"
    }
  }
}
