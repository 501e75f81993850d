public import Text

/// Header fields in the order received; names are in lower case and matched case-insensitively.
public struct Headers: Equatable, Sendable, ExpressibleByDictionaryLiteral {
  /// One field.
  public struct Field: Equatable, Sendable {
    /// The name, in lower case.
    public let name: ByteString
    /// The value, without blanks at its ends.
    public let value: ByteString
  }

  /// Every field, in order.
  public private(set) var fields: [Field] = []

  /// Fields from a literal, in its order.
  public init(dictionaryLiteral elements: (String, String)...) {
    for (name, value) in elements { append(ByteString(name), ByteString(value)) }
  }

  /// The first value of a name; setting it replaces every field of that name.
  public subscript(name: ByteString) -> ByteString? {
    get { fields.first { $0.name.equalsIgnoringASCIICase(name) }?.value }
    set {
      fields.removeAll { $0.name.equalsIgnoringASCIICase(name) }
      if let newValue { append(name, newValue) }
    }
  }

  /// Appends a field and keeps those of the same name.
  public mutating func append(_ name: ByteString, _ value: ByteString) {
    append(Field(name: name.asciiLowercase, value: value))
  }

  mutating func append(_ field: Field) { fields.append(field) }

  /// Returns the values of all fields of a name, in order.
  public func values(of name: ByteString) -> [ByteString] {
    fields.lazy.filter { $0.name.equalsIgnoringASCIICase(name) }.map(\.value)
  }

  /// Returns the items of all comma-separated lists of a name, trimmed and without empty ones.
  public func items(of name: ByteString) -> [ByteString] {
    values(of: name).flatMap { $0.split(on: ",").map(\.trimmed).filter { !$0.isEmpty } }
  }

  /// Returns whether a comma-separated list field such as `Connection` holds a token, in any case.
  public func lists(_ token: ByteString, in name: ByteString) -> Bool {
    items(of: name).contains { $0.equalsIgnoringASCIICase(token) }
  }
}

extension Headers.Field {
  /// Parses a field line, strictly `name ":" OWS value OWS` (RFC 9112 §5).
  init(parsing line: ByteString) throws(HTTPError) {
    guard let (name, rest) = line.split(atFirst: ":") else {
      throw .malformed("a field line has no colon")
    }
    guard !name.isEmpty, name.allSatisfy(\.isTokenCharacter) else {
      throw .malformed("a field name is not a token directly followed by a colon")
    }
    let value = rest.trimmed
    guard value.allSatisfy(\.isFieldCharacter), value.isUTF8 else {
      throw .malformed("a field value holds control characters or is not UTF-8")
    }
    self.init(name: name.asciiLowercase, value: value)
  }
}

/// A field value with parameters (RFC 9110 §5.6.6), such as `multipart/form-data; boundary=x`.
public struct FieldParameters: Equatable, Sendable {
  /// The value before the first semicolon, in lower case.
  public let value: ByteString
  /// The parameters by lower-case name.
  public let parameters: [ByteString: ByteString]

  /// Parses a value and its parameters.
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

  /// Parses `name=value` after a semicolon, up to the next one.
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
