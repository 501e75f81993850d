/// A value that was read from a JSON document, its type kept apart from all others.
enum JSONValue: Sendable {
  case null
  case boolean(Bool)
  case number(JSONNumber)
  /// Valid UTF-8, its escapes resolved; a view of the document where there were none.
  case string(ArraySlice<UInt8>)
  case array([JSONValue])
  /// Members in order, their names all different.
  case object([(name: String, value: JSONValue)])

  /// What messages call a value of this type.
  var typeName: String {
    switch self {
    case .null: "null"
    case .boolean: "a boolean"
    case .number: "a number"
    case .string: "a string"
    case .array: "an array"
    case .object: "an object"
    }
  }
}
