internal import HTTP
internal import Rendering

/// What there is to render with.
struct ModelRoutes: Sendable {
  let configuration: ServiceConfiguration
  let offer: Offer

  /// All models: the one.
  func list() -> JSON { ["object": "list", "data": [model]] }

  /// One model.
  func get(_ id: String) throws(APIError) -> JSON {
    guard id == configuration.modelID else {
      throw APIError(
        .modelNotFound, status: .notFound, parameter: "model",
        "there is no such model; the one here is \(configuration.modelID)")
    }
    return model
  }

  private var model: JSON {
    let limits = configuration.limits
    let (side, editSide) = (limits.side.upperBound, limits.editSide.upperBound)
    return [
      "id": .string(configuration.modelID), "object": "model",
      "created": .integer(configuration.modelCreated),
      "owned_by": .string(configuration.modelOwner), "tier": "image",
      "modalities": ["text", "image"],
      "capabilities": ["image_generation", "image_edit", "multi_reference", "lora"],
      "description": .string(configuration.modelDescription), "pricing_model": "per_image",
      "loras": .array(offer.loras.names.map { .string($0) }),
      "limits": [
        "max_size": .string("\(side)x\(side)"),
        "max_edit_size": .string("\(editSide)x\(editSide)"),
        "max_images": .integer(limits.referenceCount),
        "max_steps": .integer(limits.stepCount.upperBound),
      ],
      "defaults": [
        "num_steps": .integer(offer.defaults.stepCount),
        "guidance_scale": .number(offer.defaults.guidanceScale),
      ],
    ]
  }
}
