import Text

/// The base URL of stored images, as `https://images.example/made`.
public struct ImageLocation: Sendable, Equatable {
  /// First segments of the service's own paths.
  private static let ownSegments: [ByteString] = [
    "v1", "healthz", "readyz", "openapi.json", "assets",
  ]

  /// The URL without a slash at its end.
  let baseURL: String
  /// The service's route for the files.
  let pattern: String

  /// Reads a URL of http or https with a host and a path that is none of the service's own, without query;
  /// nil for any other text.
  public init?(_ text: String) {
    var rest = ByteString(text)
    while rest.last == UInt8(ascii: "/") { rest = rest.dropLast() }
    let url = rest
    guard
      let scheme = (["http://", "https://"] as [ByteString]).first(where: { rest.starts(with: $0) })
    else { return nil }
    rest = rest.dropFirst(scheme.count)
    guard let (host, path) = rest.split(atFirst: "/"), !host.isEmpty,
      host.allSatisfy(Self.isHostCharacter)
    else { return nil }
    let segments = path.split(on: "/")
    guard segments.allSatisfy({ !$0.isEmpty && $0 != "." && $0 != ".." }),
      path.allSatisfy({ $0 == UInt8(ascii: "/") || Self.isPathCharacter($0) }),
      let first = segments.first, !Self.ownSegments.contains(first)
    else { return nil }
    baseURL = String(decoding: url.bytes, as: UTF8.self)
    pattern = "/" + String(decoding: path.bytes, as: UTF8.self) + "/{name}"
  }

  /// Unreserved characters of RFC 3986, which need no escapes.
  private static func isPathCharacter(_ byte: UInt8) -> Bool {
    (0x61...0x7A).contains(byte | 0x20) || (0x30...0x39).contains(byte)
      || "-._~".utf8.contains(byte)
  }

  /// Names, addresses and ports.
  private static func isHostCharacter(_ byte: UInt8) -> Bool {
    isPathCharacter(byte) || ":[]".utf8.contains(byte)
  }
}
