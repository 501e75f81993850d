import Flux2
import Tensors

/// A model, and how it computes, for people.
public struct ModelDescription: Sendable {
  /// Identifies its weights and configuration, also in the metadata of images.
  public let hash: String
  /// True while it is ready to render at once.
  public let isLoaded: Bool
  /// The arithmetic of its large products, and why; nil until it is loaded.
  public let precision: String?
  /// The provider of those products, and why; nil until it is loaded.
  public let products: String?

  /// Describes the model of a renderer.
  public init(_ renderer: Renderer) {
    hash = renderer.modelHash
    isLoaded = true
    precision = "\(renderer.precision)"
    products = renderer.products.description(in: renderer.precision.precision)
  }

  /// Describes a model that is not loaded.
  public init(unloaded hash: String) {
    self.hash = hash
    isLoaded = false
    (precision, products) = (nil, nil)
  }
}
