internal import JSONText

extension JSONValue {
  /// The value as a message may show it: short, and without what a hostile file may have put there.
  var summary: String {
    switch self {
    case .null: "null"
    case .boolean(let value): "\(value)"
    case .number(let value): value.integer.map { "\($0)" } ?? value.double.map { "\($0)" } ?? "huge"
    case .string(let value): "\"\(value)\""
    case .array(let values): "a list of \(values.count)"
    case .object: "an object"
    }
  }
}
