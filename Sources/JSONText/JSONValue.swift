public import Text

/// A value that was read from a JSON text, its type kept apart from all others.
public enum JSONValue: Sendable, Equatable {
  /// `null`.
  case null
  /// `true` or `false`.
  case boolean(Bool)
  /// A number, as it was spelled.
  case number(JSONNumber)
  /// UTF-8 with its escapes resolved; a view of the text where there were none.
  case string(ByteString)
  /// The elements in order.
  case array([JSONValue])
  /// The members in order.
  case object(JSONObject)

  /// Reads a whole text.
  /// - Parameters:
  ///   - bytes: The text.
  ///   - limits: What it may grow to.
  ///   - isCancelled: Asked now and then; true ends the reading.
  public init(
    _ bytes: [UInt8], limits: JSONReader.Limits = JSONReader.Limits(),
    isCancelled: @escaping @Sendable () -> Bool = { false }
  ) throws(JSONFault) {
    var reader = JSONReader(bytes, limits: limits, isCancelled: isCancelled)
    self = try reader.value()
    try reader.end()
  }

  /// What messages call a value of this type.
  public var typeName: String {
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

/// The members of a JSON object, their names all different unless it was read otherwise.
public struct JSONObject: Sendable, Equatable {
  /// A name and its value.
  public struct Member: Sendable, Equatable {
    /// The name, its escapes resolved.
    public let name: ByteString
    /// The value.
    public let value: JSONValue

    /// Puts a member together.
    public init(name: ByteString, value: JSONValue) {
      self.name = name
      self.value = value
    }
  }

  /// The members in the order of the text.
  public let members: [Member]

  /// An object of these members.
  public init(_ members: [Member] = []) { self.members = members }

  /// The value of a name, the last if there are several; nil where there is none, or `null`.
  public subscript(name: ByteString) -> JSONValue? {
    guard let value = members.last(where: { $0.name == name })?.value, value != .null else {
      return nil
    }
    return value
  }
}
