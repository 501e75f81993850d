extension OpenAPIDocument {
  /// One event of a stream: before OpenAPI 3.2 the schema of a stream is that of its events.
  static func eventSchema(of endpoint: Endpoint) -> JSON {
    let kinds = ["partial_image", "completed"].map { "\(endpoint.eventPrefix).\($0)" }
    let data: JSON = [
      "type": "string", "contentMediaType": "application/json",
      "contentSchema": [
        "oneOf": [reference("PartialImage"), reference("Completed"), reference("Error")]
      ],
    ]
    return object([
      ("event", ["enum": .array((kinds + ["error"]).map { .string($0) })]), ("data", data),
    ])
  }

  /// The data of an event with a preview.
  static var partialImageSchema: JSON {
    object(imageMembers + [("partial_image_index", integer)])
  }

  /// The data of the event that ends a stream.
  static var completedSchema: JSON {
    object(
      imageMembers + [("seed", integer), ("usage", usageSchema), ("warnings", warningsSchema)])
  }

  private static var imageMembers: [(String, JSON)] {
    [
      ("type", string), ("b64_json", ["type": "string", "contentEncoding": "base64"]),
      ("created_at", integer), ("size", string), ("quality", ["enum": [ImageResponse.quality]]),
      ("background", ["enum": [ImageResponse.background]]),
      ("output_format", ["enum": [ImageResponse.format]]),
    ]
  }
}
