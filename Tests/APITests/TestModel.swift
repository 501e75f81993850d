import API
import Flux2
import Foundation
import Rendering

/// Models that draw.
enum TestModel {
  /// The model of this repository.
  static func embedded() throws -> Renderer {
    let root = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
      .deletingLastPathComponent()
    return try Renderer(
      model: .directory(root.path + "/models/iris-tiny"), threadCount: 2,
      cacheByteCount: 64 << 20)
  }
}
