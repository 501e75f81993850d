import Accounts
import HTTP
import Imaging
import JSON
import Rendering
import Text

/// Describes the models, for `/v1/models`.
struct ModelRoutes: Sendable {
  let models: ServedModels
  let currency: String

  /// Returns the list of models, each under each of its names.
  func list() -> JSONValue {
    let all = models.all.flatMap { model in
      model.configuration.names.map { document(of: model, named: $0) }
    }
    return ["object": "list", "data": .array(all)]
  }

  /// Returns a model.
  func get(_ id: ByteString) throws(APIError) -> JSONValue {
    guard let model = models.named(id),
      let name = model.configuration.names.first(where: id.equals)
    else {
      let ids = models.all.map(\.configuration.id)
      throw APIError(
        .modelNotFound, status: .notFound, parameter: "model",
        "there is no such model; "
          + (ids.count == 1
            ? "the one here is \(ids[0])" : "those here are \(ids.joined(separator: ", "))"))
    }
    return document(of: model, named: name)
  }

  /// Returns a model under one of its names; an alias has the model's id in `root`.
  private func document(of model: ServedModel, named name: String) -> JSONValue {
    let id = model.configuration.id
    let root: [(String, JSONValue)] = name == id ? [] : [("root", .string(id))]
    return .object([("id", .string(name))] + root + Self.properties(of: model) + price(of: model))
  }

  /// The price of an image, which only differs where there are several models.
  private func price(of model: ServedModel) -> [(String, JSONValue)] {
    guard models.all.count > 1 else { return [] }
    return [
      ("price", .string(model.configuration.price.text)), ("currency", .string(currency)),
    ]
  }

  private static func properties(of model: ServedModel) -> [(String, JSONValue)] {
    let (configuration, capabilities) = (model.configuration, model.capabilities)
    let limits = configuration.limits
    let defaults: [(String, JSONValue)] = [
      (RequestParameter.stepCount.name, .integer(capabilities.defaults.stepCount)),
      (RequestParameter.guidanceScale.name, .number(capabilities.defaults.guidanceScale)),
    ]
    return [
      ("object", "model"), ("created", .integer(configuration.created)),
      ("owned_by", .string(configuration.owner)), ("tier", "image"),
      ("modalities", ["text", "image"]),
      ("capabilities", .array(Self.capabilities(under: limits).map { .string($0) })),
      ("description", .string(configuration.description)), ("pricing_model", "per_image"),
      ("loras", .array(capabilities.loras.names.map { .string($0) })),
      ("limits", .object(bounds(of: limits) + widened(limits))),
      ("defaults", .object(defaults + widenedDefaults(limits))),
    ] + formats(limits)
  }

  private static func bounds(of limits: RenderLimits) -> [(String, JSONValue)] {
    let (side, editSide) = (limits.side.upperBound, limits.editSide.upperBound)
    return [
      ("max_size", .string("\(side)x\(side)")),
      ("max_edit_size", .string("\(editSide)x\(editSide)")),
      ("max_images", .integer(RequestParameter.referenceCounts.upperBound)),
      ("max_steps", .integer(RequestParameter.stepCounts.upperBound)),
    ]
  }

  /// The limits that stand in the object only where the operator widened them, and so the defaults and the formats.
  private static func widened(_ limits: RenderLimits) -> [(String, JSONValue)] {
    let (count, strengths) = (limits.imageCounts.upperBound, limits.loraStrengths)
    return (count > 1 ? [("max_n", .integer(count))] : [])
      + (strengths == RequestParameter.loraStrengths
        ? []
        : [("lora_strengths", [.number(strengths.lowerBound), .number(strengths.upperBound)])])
  }

  private static func widenedDefaults(_ limits: RenderLimits) -> [(String, JSONValue)] {
    limits.editMode == .strength
      ? [] : [(RequestParameter.editMode.name, .string(limits.editMode.rawValue))]
  }

  private static func formats(_ limits: RenderLimits) -> [(String, JSONValue)] {
    limits.outputFormats == [.png]
      ? [] : [("output_formats", .array(limits.outputFormats.map { .string($0.rawValue) }))]
  }

  /// What the model does, with the parameters that its operator lets requests give.
  private static func capabilities(under limits: RenderLimits) -> [String] {
    ["image_generation", "image_edit", "multi_reference", "lora"]
      + (limits.allowsMask ? [RequestParameter.mask.name] : [])
      + (limits.allowsNegativePrompt ? [RequestParameter.negativePrompt.name] : [])
  }
}
