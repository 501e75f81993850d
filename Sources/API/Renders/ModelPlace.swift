internal import Synchronization

/// Where the model is, once it has been loaded.
final class ModelPlace: Sendable {
  private let model = Mutex<(any ImageRendering)?>(nil)

  /// Whether it is there.
  var isFilled: Bool { model.withLock { $0 != nil } }

  /// Puts it there.
  func fill(with rendering: any ImageRendering) { model.withLock { $0 = rendering } }

  /// What renders.
  /// - Throws: That the service is unavailable, while there is nothing that could render.
  func loaded() throws(APIError) -> any ImageRendering {
    guard let model = model.withLock({ $0 }) else {
      throw .unavailable("the model is being loaded")
    }
    return model
  }
}
