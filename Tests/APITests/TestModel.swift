import API
import Flux2
import Rendering
import TestSupport

/// Models that draw.
enum TestModel {
  /// The model of this repository.
  static func embedded() throws -> Renderer {
    try Renderer(
      model: .directory(Repository.path("models/iris-tiny")), threadCount: 2,
      cacheByteCount: 64 << 20)
  }
}
