/// A request's target in origin form: a path and perhaps a query.
///
/// A path that could be read in two ways is refused rather than normalised: dot segments, controls
/// and text that is not UTF-8 once percent-decoded.
public struct Target: Equatable, Sendable {
  /// One `name=value` of the query, decoded.
  public struct QueryItem: Equatable, Sendable {
    /// The part before the equals sign.
    public let name: String
    /// The part after it; empty when there is none.
    public let value: String
  }

  /// The path as the client sent it, for logs.
  public let path: String
  /// The path's segments after its first slash, each decoded; a decoded slash stays in its segment.
  public let segments: [String]
  /// The query's items, in order.
  public let query: [QueryItem]

  /// Reads a target such as `/v1/models?limit=5`.
  package init(parsing bytes: ArraySlice<UInt8>) throws(Fault) {
    guard bytes.first == UInt8(ascii: "/") else {
      throw .malformed("the target does not begin with a slash")
    }
    let mark = bytes.firstIndex(of: UInt8(ascii: "?"))
    let rawPath = bytes[..<(mark ?? bytes.endIndex)]
    var segments: [String] = []
    for raw in rawPath.dropFirst().split(
      separator: UInt8(ascii: "/"), omittingEmptySubsequences: false)
    {
      segments.append(try Self.decodeSegment(raw))
    }
    path = String(decoding: rawPath, as: UTF8.self)
    self.segments = segments
    query = try mark.map { (mark) throws(Fault) in try Self.parseQuery(bytes[(mark + 1)...]) } ?? []
  }

  private static func decodeSegment(_ raw: ArraySlice<UInt8>) throws(Fault) -> String {
    let segment = try decode(raw, allowing: \.isPathCharacter)
    guard segment != ".", segment != ".." else { throw .malformed("the path has a dot segment") }
    return segment
  }

  private static func parseQuery(_ raw: ArraySlice<UInt8>) throws(Fault) -> [QueryItem] {
    var items: [QueryItem] = []
    for pair in raw.split(separator: UInt8(ascii: "&")) {
      let equals = pair.firstIndex(of: UInt8(ascii: "=")) ?? pair.endIndex
      let name = try decodeQueryText(pair[..<equals])
      items.append(QueryItem(name: name, value: try decodeQueryText(pair[equals...].dropFirst())))
    }
    return items
  }

  private static func decodeQueryText(_ raw: ArraySlice<UInt8>) throws(Fault) -> String {
    let spaced = raw.map { $0 == UInt8(ascii: "+") ? ASCII.space : $0 }
    return try decode(spaced[...]) { byte in
      byte.isPathCharacter || byte == ASCII.space || [0x2F, 0x3F, 0x5B, 0x5D].contains(byte)
    }
  }

  /// Percent-decodes, and refuses other octets than allowed, controls and what is not UTF-8.
  private static func decode(
    _ raw: ArraySlice<UInt8>, allowing isAllowed: (UInt8) -> Bool
  ) throws(Fault) -> String {
    var decoded: [UInt8] = []
    var rest = raw
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
    guard decoded.allSatisfy({ $0 >= ASCII.space && $0 != ASCII.delete }),
      let text = String(validating: decoded, as: UTF8.self)
    else { throw .malformed("the target holds control characters or is not UTF-8") }
    return text
  }
}
