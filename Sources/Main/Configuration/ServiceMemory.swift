import API
import HTTP
import Rendering

/// The memory that a service takes beside mapped weights, in bytes; the machine must have it.
package struct ServiceMemory {
  /// Decoded images and the render that runs.
  package private(set) var renders: Int
  /// Bodies of requests, the cache, and quantised copies of weights.
  let others: Int
  /// The memory that the process may use.
  let machine: Int

  /// Adds up the memory of a service.
  package init(renders: Int, bodies: Int, cache: Int, copiedWeights: Int, machine: Int) {
    self.renders = renders
    others = bodies + cache + copiedWeights
    self.machine = machine
  }

  /// The bytes that the machine lacks.
  package var excess: Int { max(0, renders + others - machine) }

  /// Takes what the machine lacks from the renders.
  /// - Parameter minimum: Bytes that the renders keep.
  package mutating func fit(minimum: Int) { renders = max(minimum, renders - excess) }
}

extension ApplicationConfiguration {
  /// Leaves room for quantised weights: a default of `memory` is lowered, one that was set is kept.
  /// - Parameters:
  ///   - copiedByteCount: Bytes of the quantised weights that are no mapped file.
  ///   - settings: All settings.
  /// - Returns: A warning if not everything fits.
  mutating func leaveRoom(
    forWeights copiedByteCount: Int, _ settings: Settings
  ) -> [RenderWarning] {
    var memory = ServiceMemory(
      renders: service.memoryBytes, bodies: server.maxBufferedBytes, cache: cacheByteCount,
      copiedWeights: copiedByteCount, machine: SystemResources.memoryByteCount)
    guard copiedByteCount > 0, memory.excess > 0 else { return [] }
    let advice =
      "quantised weights take \(copiedByteCount >> 20) MB that `iris model prepare` would map instead"
    guard settings[.memory].source == .default else {
      return [
        RenderWarning(
          .sizeBeyondMemory,
          "memory, bodies, cache and weights are \(memory.excess >> 20) MB more than the machine's "
            + "\(memory.machine >> 20): \(advice)")
      ]
    }
    memory.fit(minimum: (Setting.memory.range?.lowerBound ?? 0) << 20)
    service.memoryBytes = memory.renders
    return [
      RenderWarning(
        .sizeBeyondMemory, "memory is \(memory.renders >> 20): \(advice)")
    ]
  }
}
