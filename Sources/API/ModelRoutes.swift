import HTTP
import JSON
import Rendering
import Text

/// Describes the model, for `/v1/models`.
struct ModelRoutes: Sendable {
  let configuration: ServiceConfiguration
  let capabilities: ModelCapabilities

  private var names: [String] { [configuration.modelID] + configuration.modelAliases }

  /// Returns the list of models: the one, under each of its names.
  func list() -> JSONValue { ["object": "list", "data": .array(names.map(model(named:)))] }

  /// Returns a model.
  func get(_ id: ByteString) throws(APIError) -> JSONValue {
    guard let name = names.first(where: id.equals) else {
      throw APIError(
        .modelNotFound, status: .notFound, parameter: "model",
        "there is no such model; the one here is \(configuration.modelID)")
    }
    return model(named: name)
  }

  /// Returns the model under one of its names; an alias has the model's id in `root`.
  private func model(named name: String) -> JSONValue {
    let root: [(String, JSONValue)] =
      name == configuration.modelID ? [] : [("root", .string(configuration.modelID))]
    return .object([("id", .string(name))] + root + properties)
  }

  private var properties: [(String, JSONValue)] {
    let limits = configuration.limits
    let (side, editSide) = (limits.side.upperBound, limits.editSide.upperBound)
    let allowed: JSONValue = [
      "max_size": .string("\(side)x\(side)"),
      "max_edit_size": .string("\(editSide)x\(editSide)"),
      "max_images": .integer(RequestParameter.referenceCounts.upperBound),
      "max_steps": .integer(RequestParameter.stepCounts.upperBound),
    ]
    let defaults = JSONValue.object([
      (RequestParameter.stepCount.name, .integer(capabilities.defaults.stepCount)),
      (RequestParameter.guidanceScale.name, .number(capabilities.defaults.guidanceScale)),
    ])
    return [
      ("object", "model"), ("created", .integer(configuration.modelCreated)),
      ("owned_by", .string(configuration.modelOwner)), ("tier", "image"),
      ("modalities", ["text", "image"]),
      ("capabilities", ["image_generation", "image_edit", "multi_reference", "lora"]),
      ("description", .string(configuration.modelDescription)), ("pricing_model", "per_image"),
      ("loras", .array(capabilities.loras.names.map { .string($0) })), ("limits", allowed),
      ("defaults", defaults),
    ]
  }
}
