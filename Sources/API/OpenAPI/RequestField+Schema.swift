import JSON
import Rendering

extension RequestField {
  /// The schema of its values.
  /// - Parameter isForm: True for a part of a form, where images are files.
  func schema(isForm: Bool) -> JSONValue {
    var members = typeMembers(isForm: isForm)
    if let example = parameter.example, name == parameter.name, !(isForm && isImage) {
      members.append(("examples", [.string(example)]))
    }
    members.append(("description", .string(summary)))
    if let defaultValue { members.append(("default", defaultValue)) }
    switch role {
    case .ignored, .refused: members.append(("deprecated", true))
    case .required, .optional: break
    }
    return .object(members)
  }

  private var isImage: Bool {
    switch kind {
    case .image, .mask, .images: true
    default: false
    }
  }

  private func typeMembers(isForm: Bool) -> [(String, JSONValue)] {
    if role == .refused { return [("enum", isForm ? [""] : ["", .null])] }
    return switch kind {
    case .text(let lengths):
      [
        ("type", type("string")), ("minLength", .integer(lengths.lowerBound)),
        ("maxLength", .integer(lengths.upperBound)), ("pattern", "^[^\\u0000]*$"),
      ]
    case .size:
      [("type", type("string")), ("pattern", "^([0-9]+[xX×][0-9]+|auto|)$")]
    case .choice(let words): [("enum", .array(words.map { .string($0) } + emptyChoices))]
    case .integer(let range):
      [
        ("type", type("integer")), ("minimum", .integer(range.lowerBound)),
        ("maximum", .integer(range.upperBound)),
      ]
    case .number(let range):
      [
        ("type", type("number")), ("minimum", .number(range.lowerBound)),
        ("maximum", .number(range.upperBound)),
      ]
    case .boolean: [("type", type("boolean"))]
    case .mask: isForm ? Self.file : Self.optionalMask
    case .image: isForm ? Self.file : [("type", type("string")), ("contentEncoding", "base64")]
    case .images(let counts):
      [
        ("type", isForm ? "array" : type("array")),
        ("minItems", .integer(counts.lowerBound)), ("maxItems", .integer(counts.upperBound)),
        ("items", isForm ? .object(Self.file) : Self.listedImage),
      ]
    case .loras(let names, let strengths):
      isForm
        ? [("type", type("string"))]
        : [("type", type("array"))] + Self.listMembers(names, strengths)
    case .anything: []
    }
  }

  /// Optional parameters may be null.
  private func type(_ name: String) -> JSONValue {
    role == .required ? .string(name) : [.string(name), "null"]
  }

  private var emptyChoices: [JSONValue] { role == .required ? [] : ["", .null] }

  private static let file: [(String, JSONValue)] = [
    ("type", "string"), ("contentMediaType", "application/octet-stream"),
  ]

  private static func listMembers(
    _ names: [String], _ strengths: ClosedRange<Double>
  ) -> [(String, JSONValue)] {
    guard !names.isEmpty else { return [("maxItems", 0)] }
    let strength: JSONValue = [
      "type": ["number", "null"], "minimum": .number(strengths.lowerBound),
      "maximum": .number(strengths.upperBound),
    ]
    let item: JSONValue = [
      "type": "object", "required": ["name"], "additionalProperties": false,
      "properties": [
        "name": ["enum": .array(names.map { .string($0) })], "strength": strength,
      ],
    ]
    return [("maxItems", .integer(RequestParameter.loraLimit)), ("items", item)]
  }

  private static let listedImage: JSONValue = ["oneOf": .array(spellings)]

  private static let optionalMask: [(String, JSONValue)] = [
    ("oneOf", .array(spellings + [["type": "null"]]))
  ]

  /// Both spellings of an image in JSON.
  private static let spellings: [JSONValue] = [
    ["type": "string", "contentEncoding": "base64"],
    [
      "type": "object", "required": ["image_url"], "additionalProperties": false,
      "properties": ["image_url": ["type": "string", "pattern": "^data:"]],
    ],
  ]
}
