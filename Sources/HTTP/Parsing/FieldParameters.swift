public import Text

/// A field value such as `multipart/form-data; boundary=x`: a leading value and parameters.
public struct FieldParameters: Equatable, Sendable {
  /// What stands before the first semicolon, in lower case.
  public let value: ByteString
  /// The parameters by lower-case name.
  public let parameters: [ByteString: ByteString]

  /// Reads a value and its parameters.
  ///
  /// In a quoted parameter, `\"` and `\\` are escapes; any other backslash is itself, since some
  /// clients write file names with bare backslashes.
  /// - Throws: `malformed` for anything else, a repeated parameter included.
  public init(parsing text: ByteString) throws(HTTPError) {
    let head = text.prefix { $0 != UInt8(ascii: ";") }
    var rest = text.dropFirst(head.count)
    value = head.trimmed.asciiLowercase
    var parameters: [ByteString: ByteString] = [:]
    while !rest.isEmpty {
      rest = rest.dropFirst().drop(while: \.isBlank)
      // A semicolon may have nothing behind it (RFC 9110 §5.6.6).
      if rest.isEmpty || rest.first == UInt8(ascii: ";") { continue }
      let (name, value) = try Self.parseParameter(&rest)
      guard parameters.updateValue(value, forKey: name) == nil else {
        throw .malformed("a parameter occurs twice")
      }
    }
    self.parameters = parameters
  }

  /// Reads `name=value` after a semicolon, up to the next one.
  private static func parseParameter(
    _ rest: inout ByteString
  ) throws(HTTPError) -> (name: ByteString, value: ByteString) {
    let name = rest.prefix(while: \.isTokenCharacter)
    rest = rest.dropFirst(name.count)
    guard !name.isEmpty, rest.first == UInt8(ascii: "=") else {
      throw .malformed("a parameter is not a name and a value")
    }
    rest = rest.dropFirst()
    let value: ByteString
    if rest.first == ASCII.quote {
      rest = rest.dropFirst()
      value = try takeQuoted(&rest)
    } else {
      value = rest.prefix(while: \.isTokenCharacter)
      guard !value.isEmpty else { throw .malformed("a parameter has no value") }
      rest = rest.dropFirst(value.count)
    }
    rest = rest.drop(while: \.isBlank)
    guard rest.isEmpty || rest.first == UInt8(ascii: ";") else {
      throw .malformed("a parameter is followed by something odd")
    }
    return (name.asciiLowercase, value)
  }

  private static func takeQuoted(_ rest: inout ByteString) throws(HTTPError) -> ByteString {
    var value: [UInt8] = []
    while let byte = rest.first {
      rest = rest.dropFirst()
      if byte == ASCII.quote { return ByteString(value) }
      if byte == ASCII.backslash, let next = rest.first,
        next == ASCII.quote || next == ASCII.backslash
      {
        value.append(next)
        rest = rest.dropFirst()
      } else {
        value.append(byte)
      }
    }
    throw .malformed("a quoted parameter does not end")
  }
}
