/// Header fields in the order they came, their names in lower case and matched without case.
public struct Headers: Equatable, Sendable, ExpressibleByDictionaryLiteral {
  /// One field.
  public struct Field: Equatable, Sendable {
    /// The name, in lower case.
    public let name: String
    /// The value, without blanks at its ends.
    public let value: String
  }

  /// Every field, in order.
  public private(set) var fields: [Field] = []

  /// Fields in the literal's order.
  public init(dictionaryLiteral elements: (String, String)...) {
    for (name, value) in elements { append(name, value) }
  }

  /// The first value of a name; setting it replaces every field of that name.
  public subscript(name: String) -> String? {
    get { values(of: name).first }
    set {
      let name = name.lowercased()
      fields.removeAll { $0.name == name }
      if let newValue { append(name, newValue) }
    }
  }

  /// Adds a field and keeps those of the same name.
  public mutating func append(_ name: String, _ value: String) {
    append(Field(name: name.lowercased(), value: value))
  }

  mutating func append(_ field: Field) { fields.append(field) }

  /// The values of all fields of a name, in order.
  public func values(of name: String) -> [String] {
    let name = name.lowercased()
    return fields.lazy.filter { $0.name == name }.map(\.value)
  }

  /// Whether a comma-separated list field such as `Connection` names this token, in any case.
  public func lists(_ token: String, in name: String) -> Bool {
    values(of: name).contains { value in
      value.utf8.split(separator: UInt8(ascii: ",")).contains { item in
        String(decoding: ArraySlice(item).trimmed, as: UTF8.self).lowercased() == token
      }
    }
  }
}

extension Headers.Field {
  /// One line of a head or of a part's head: `name ":" OWS value OWS`, nothing else.
  init(parsing line: ArraySlice<UInt8>) throws(Fault) {
    guard let colon = line.firstIndex(of: UInt8(ascii: ":")) else {
      throw .malformed("a field line has no colon")
    }
    let name = line[..<colon]
    guard !name.isEmpty, name.allSatisfy(\.isTokenCharacter) else {
      throw .malformed("a field name is not a token directly followed by a colon")
    }
    let value = line[(colon + 1)...].trimmed
    guard value.allSatisfy(\.isFieldCharacter), let text = String(validating: value, as: UTF8.self)
    else { throw .malformed("a field value holds control characters or is not UTF-8") }
    self.init(name: String(decoding: name.map(\.lowercased), as: UTF8.self), value: text)
  }
}
