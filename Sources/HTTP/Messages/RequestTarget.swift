public import Text

/// A request's target, a path and an optional query, in origin form or in absolute form.
///
/// A path that parsers could read differently is refused, not normalised: one with dot segments,
/// controls or text that is not UTF-8 once percent-decoded.
public struct RequestTarget: Equatable, Sendable {
  /// One `name=value` of the query, decoded.
  public struct QueryItem: Equatable, Sendable {
    /// The part before the equals sign.
    public let name: ByteString
    /// The part after it; empty if there is none.
    public let value: ByteString
  }

  /// The host and port of an absolute form; nil in origin form.
  public let authority: ByteString?
  /// The path as the client sent it, still percent-encoded.
  public let path: ByteString
  /// The path's segments after its first slash, each decoded; a decoded slash stays in its segment.
  public let segments: [ByteString]
  /// The query's items, in order.
  public let query: [QueryItem]

  /// Parses a target such as `/v1/models?limit=5`, or `http://host/v1/models?limit=5`, which servers
  /// must accept although only proxies are sent it (RFC 9112 §3.2.2).
  package init(parsing text: ByteString) throws(HTTPError) {
    let (authority, rest) = try Self.splitAuthority(text)
    guard rest.first == UInt8(ascii: "/") else {
      throw .malformed("the target does not begin with a slash")
    }
    let (rawPath, rawQuery) = rest.split(atFirst: "?") ?? (rest, "")
    var segments: [ByteString] = []
    for raw in rawPath.dropFirst().split(on: "/") { segments.append(try Self.decodeSegment(raw)) }
    self.authority = authority
    path = rawPath
    self.segments = segments
    query = try Self.parseQuery(rawQuery)
  }

  /// Splits an absolute form, which may have no path, into its authority and the rest.
  private static func splitAuthority(
    _ text: ByteString
  ) throws(HTTPError) -> (authority: ByteString?, rest: ByteString) {
    let scheme = (["http://", "https://"] as [ByteString]).first {
      text.prefix($0.count).equalsIgnoringASCIICase($0)
    }
    guard let scheme else { return (nil, text) }
    let rest = text.dropFirst(scheme.count)
    let authority = rest.prefix { $0 != UInt8(ascii: "/") && $0 != UInt8(ascii: "?") }
    guard authority.isHostAndPort else {
      throw .malformed("the target's authority is not a host and port")
    }
    let path = rest.dropFirst(authority.count)
    let hasPath = path.first == UInt8(ascii: "/")
    return (authority, hasPath ? path : ByteString([UInt8(ascii: "/")] + path))
  }

  private static func decodeSegment(_ raw: ByteString) throws(HTTPError) -> ByteString {
    let segment = try decode(raw, allowing: \.isPathCharacter)
    guard segment != ".", segment != ".." else { throw .malformed("the path has a dot segment") }
    return segment
  }

  private static func parseQuery(_ raw: ByteString) throws(HTTPError) -> [QueryItem] {
    var items: [QueryItem] = []
    for pair in raw.split(separator: UInt8(ascii: "&")) {
      let (name, value) = pair.split(atFirst: "=") ?? (pair, "")
      items.append(
        QueryItem(name: try decodeQueryText(name), value: try decodeQueryText(value)))
    }
    return items
  }

  private static func decodeQueryText(_ raw: ByteString) throws(HTTPError) -> ByteString {
    let spaced = raw.map { $0 == UInt8(ascii: "+") ? ASCII.space : $0 }
    return try decode(ByteString(spaced)) { byte in
      byte.isPathCharacter || byte == ASCII.space || [0x2F, 0x3F, 0x5B, 0x5D].contains(byte)
    }
  }

  /// Percent-decodes; throws for octets that are not allowed, controls and text that is not UTF-8.
  private static func decode(
    _ raw: ByteString, allowing isAllowed: (UInt8) -> Bool
  ) throws(HTTPError) -> ByteString {
    var decoded: [UInt8] = []
    var rest = raw.bytes
    while let byte = rest.popFirst() {
      if byte == ASCII.percent {
        guard let high = rest.popFirst()?.hexadecimalValue,
          let low = rest.popFirst()?.hexadecimalValue
        else { throw .malformed("the target has a percent sign without two hexadecimal digits") }
        decoded.append(high << 4 | low)
      } else if isAllowed(byte) {
        decoded.append(byte)
      } else {
        throw .malformed("the target has a character that must be percent-encoded")
      }
    }
    let text = ByteString(decoded)
    guard text.allSatisfy({ $0 >= ASCII.space && $0 != ASCII.delete }), text.isUTF8 else {
      throw .malformed("the target holds control characters or is not UTF-8")
    }
    return text
  }
}
