public import Text

/// Header fields in the order they came, their names in lower case and matched without case.
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

  /// Fields of the program's own, in the literal's order.
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

  /// Adds a field and keeps those of the same name.
  public mutating func append(_ name: ByteString, _ value: ByteString) {
    append(Field(name: name.asciiLowercase, value: value))
  }

  mutating func append(_ field: Field) { fields.append(field) }

  /// The values of all fields of a name, in order.
  public func values(of name: ByteString) -> [ByteString] {
    fields.lazy.filter { $0.name.equalsIgnoringASCIICase(name) }.map(\.value)
  }

  /// The items of all comma-separated lists of a name, without blanks; empty ones are left out.
  public func items(of name: ByteString) -> [ByteString] {
    values(of: name).flatMap { $0.split(on: ",").map(\.trimmed).filter { !$0.isEmpty } }
  }

  /// Whether a comma-separated list field such as `Connection` names this token, in any case.
  public func lists(_ token: ByteString, in name: ByteString) -> Bool {
    items(of: name).contains { $0.equalsIgnoringASCIICase(token) }
  }
}

extension Headers.Field {
  /// One line of a head or of a part's head: `name ":" OWS value OWS`, nothing else.
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
