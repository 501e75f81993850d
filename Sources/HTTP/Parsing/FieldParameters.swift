/// A field value such as `multipart/form-data; boundary=x`: a leading value and parameters.
public struct FieldParameters: Equatable, Sendable {
  /// What stands before the first semicolon, in lower case.
  public let value: String
  /// The parameters by lower-case name.
  public let parameters: [String: String]

  /// Reads a value and its parameters.
  ///
  /// In a quoted parameter, `\"` and `\\` are escapes; any other backslash is itself, since some
  /// clients write file names with bare backslashes.
  /// - Throws: `malformed` for anything else, a repeated parameter included.
  public init(parsing text: String) throws(Fault) {
    var rest = ArraySlice(text.utf8)
    let head = rest.prefix { $0 != UInt8(ascii: ";") }
    rest = rest.dropFirst(head.count)
    value = String(decoding: head.trimmed, as: UTF8.self).lowercased()
    var parameters: [String: String] = [:]
    while rest.popFirst() != nil {
      let (name, value) = try Self.parseParameter(&rest)
      guard parameters.updateValue(value, forKey: name) == nil else {
        throw .malformed("a parameter occurs twice")
      }
    }
    self.parameters = parameters
  }

  /// Reads `name=value` after a semicolon, up to the next one.
  private static func parseParameter(
    _ rest: inout ArraySlice<UInt8>
  ) throws(Fault) -> (name: String, value: String) {
    rest = rest.drop(while: \.isBlank)
    let name = rest.prefix(while: \.isTokenCharacter)
    rest = rest.dropFirst(name.count)
    guard !name.isEmpty, rest.popFirst() == UInt8(ascii: "=") else {
      throw .malformed("a parameter is not a name and a value")
    }
    let value: [UInt8]
    if rest.first == ASCII.quote {
      rest = rest.dropFirst()
      value = try takeQuoted(&rest)
    } else {
      let token = rest.prefix(while: \.isTokenCharacter)
      guard !token.isEmpty else { throw .malformed("a parameter has no value") }
      rest = rest.dropFirst(token.count)
      value = Array(token)
    }
    rest = rest.drop(while: \.isBlank)
    guard rest.isEmpty || rest.first == UInt8(ascii: ";") else {
      throw .malformed("a parameter is followed by something odd")
    }
    let text = String(decoding: value, as: UTF8.self)
    return (String(decoding: name, as: UTF8.self).lowercased(), text)
  }

  private static func takeQuoted(_ rest: inout ArraySlice<UInt8>) throws(Fault) -> [UInt8] {
    var value: [UInt8] = []
    while let byte = rest.popFirst() {
      if byte == ASCII.quote { return value }
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
