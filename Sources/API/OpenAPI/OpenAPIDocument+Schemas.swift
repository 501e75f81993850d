import Imaging
import JSON
import Rendering

extension OpenAPIDocument {
  /// The body of every failure.
  static var errorSchema: JSONValue {
    object([
      (
        "error",
        object([
          ("message", string), ("type", string),
          ("code", ["enum": .array(ErrorCode.allCases.map { .string($0.rawValue) })]),
          ("param", ["type": ["string", "null"]]),
        ])
      )
    ])
  }

  /// The body of a success.
  var imagesSchema: JSONValue {
    let base64: (String, JSONValue) = (
      ResponseFormat.base64.rawValue, ["type": "string", "contentEncoding": "base64"]
    )
    let seed: (String, JSONValue) = ("seed", Self.integer)
    let image =
      configuration.imageFolder == nil
      ? Self.object([base64, seed])
      : Self.object(
        [seed],
        optional: [base64, (ResponseFormat.url.rawValue, ["type": "string", "format": "uri"])])
    return Self.object([
      ("created", Self.integer), ("background", ["enum": [ImageResponse.background]]),
      ("data", ["type": "array", "items": image]), ("model", Self.string),
      ("output_format", formatSchema),
      ("quality", ["enum": [ImageResponse.quality]]), ("size", Self.string),
      ("usage", Self.usageSchema), ("warnings", Self.warningsSchema),
    ])
  }

  /// The formats of image files.
  var formatSchema: JSONValue {
    ["enum": .array(limits.outputFormats.map { .string($0.rawValue) })]
  }

  /// The warnings of a request.
  static var warningsSchema: JSONValue {
    let codes = RenderWarning.Code.allCases.map { JSONValue.string($0.rawValue) }
    return [
      "type": "array", "items": object([("code", ["enum": .array(codes)]), ("message", string)]),
    ]
  }

  /// The tokens of an image.
  static var usageSchema: JSONValue {
    let details = object([("text_tokens", integer), ("image_tokens", integer)])
    return object([
      ("input_tokens", integer), ("input_tokens_details", details), ("output_tokens", integer),
      ("output_tokens_details", details), ("total_tokens", integer),
    ])
  }

  /// The use of a key.
  static var usageOfKeySchema: JSONValue {
    let limits = object([
      ("rpm", integer), ("rpd", integer), ("concurrent", integer), ("monthly_cap", string),
    ])
    let key = object(
      [
        ("id", string), ("name", string), ("account", string), ("mode", string),
        ("prefix", string), ("limits", limits), ("created", string),
      ], optional: [("expires", string)])
    let now = object([
      ("requests_in_minute", integer), ("requests_today", integer), ("in_progress", integer),
      ("month_spent", string), ("credit", string),
    ])
    let day = object([
      ("day", string), ("requests", integer), ("images", integer), ("spent", string),
    ])
    return object([
      ("object", ["enum": ["usage"]]), ("key", key), ("now", now),
      ("days", ["type": "array", "items": day]),
    ])
  }

  /// A model.
  static var modelSchema: JSONValue {
    let limits = object(
      [
        ("max_size", string), ("max_edit_size", string), ("max_images", integer),
        ("max_steps", integer),
      ],
      optional: [
        ("max_n", integer),
        (
          "lora_strengths",
          ["type": "array", "items": ["type": "number"], "minItems": 2, "maxItems": 2]
        ),
      ])
    let modes = EditMode.allCases.map { JSONValue.string($0.rawValue) }
    let defaults = object(
      [
        (RequestParameter.stepCount.name, integer),
        (RequestParameter.guidanceScale.name, ["type": "number"]),
      ], optional: [(RequestParameter.editMode.name, ["enum": .array(modes)])])
    let members: [(String, JSONValue)] = [
      ("id", string), ("object", ["enum": ["model"]]), ("created", integer), ("owned_by", string),
      ("tier", string), ("modalities", strings), ("capabilities", strings),
      ("description", string), ("pricing_model", string), ("loras", strings), ("limits", limits),
      ("defaults", defaults),
    ]
    return object(
      members,
      optional: [
        ("root", string), ("output_formats", strings), ("price", string), ("currency", string),
      ])
  }

  /// A list of models.
  static var modelListSchema: JSONValue {
    object([
      ("object", ["enum": ["list"]]), ("data", ["type": "array", "items": reference("Model")]),
    ])
  }

  /// The body of the health routes.
  static var statusSchema: JSONValue { object([("status", string)]) }

  static let string: JSONValue = ["type": "string"]
  static let integer: JSONValue = ["type": "integer"]
  private static let strings: JSONValue = ["type": "array", "items": ["type": "string"]]

  /// An object with exactly these members, and perhaps some others.
  static func object(_ members: [(String, JSONValue)], optional: [(String, JSONValue)] = [])
    -> JSONValue
  {
    [
      "type": "object", "additionalProperties": false,
      "required": .array(members.map { .string($0.0) }),
      "properties": .object(members + optional),
    ]
  }
}
