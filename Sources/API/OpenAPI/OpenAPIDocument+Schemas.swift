import Rendering

extension OpenAPIDocument {
  /// The body of every failure.
  static var errorSchema: JSON {
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
  static var imagesSchema: JSON {
    let image = object([
      ("b64_json", ["type": "string", "contentEncoding": "base64"]), ("seed", integer),
    ])
    return object([
      ("created", integer), ("background", ["enum": [ImageResponse.background]]),
      ("data", ["type": "array", "items": image]), ("model", string),
      ("output_format", ["enum": [ImageResponse.format]]),
      ("quality", ["enum": [ImageResponse.quality]]), ("size", string), ("usage", usageSchema),
      ("warnings", warningsSchema),
    ])
  }

  /// The warnings of a request.
  static var warningsSchema: JSON {
    let codes = RenderWarning.Code.allCases.map { JSON.string($0.rawValue) }
    return [
      "type": "array", "items": object([("code", ["enum": .array(codes)]), ("message", string)]),
    ]
  }

  /// The tokens of an image.
  static var usageSchema: JSON {
    let details = object([("text_tokens", integer), ("image_tokens", integer)])
    return object([
      ("input_tokens", integer), ("input_tokens_details", details), ("output_tokens", integer),
      ("output_tokens_details", details), ("total_tokens", integer),
    ])
  }

  /// A model.
  static var modelSchema: JSON {
    let limits = object([
      ("max_size", string), ("max_edit_size", string), ("max_images", integer),
      ("max_steps", integer),
    ])
    let defaults = object([("num_steps", integer), ("guidance_scale", ["type": "number"])])
    let members: [(String, JSON)] = [
      ("id", string), ("object", ["enum": ["model"]]), ("created", integer), ("owned_by", string),
      ("tier", string), ("modalities", strings), ("capabilities", strings),
      ("description", string), ("pricing_model", string), ("loras", strings), ("limits", limits),
      ("defaults", defaults),
    ]
    return object(members, optional: [("root", string)])
  }

  /// A list of models.
  static var modelListSchema: JSON {
    object([
      ("object", ["enum": ["list"]]), ("data", ["type": "array", "items": reference("Model")]),
    ])
  }

  /// The body of the health routes.
  static var statusSchema: JSON { object([("status", string)]) }

  static let string: JSON = ["type": "string"]
  static let integer: JSON = ["type": "integer"]
  private static let strings: JSON = ["type": "array", "items": ["type": "string"]]

  /// An object with exactly these members, and perhaps some others.
  static func object(_ members: [(String, JSON)], optional: [(String, JSON)] = []) -> JSON {
    [
      "type": "object", "additionalProperties": false,
      "required": .array(members.map { .string($0.0) }),
      "properties": .object(members + optional),
    ]
  }
}
