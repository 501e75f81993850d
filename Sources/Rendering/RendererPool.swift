public import Flux2
import Synchronization
import Tensors

/// Loads models when they render, and unloads those that are idle where another needs the memory.
///
/// What counts is memory that only unloading gives back: quantised copies of weights, and what caches keep.
/// Mapped weights are not counted, since the system evicts them where memory is short.
/// - Note: A model that renders is never unloaded, so that renders that run at once may exceed the limit.
public final class RendererPool: Sendable {
  private struct Entry {
    let renderer: Renderer
    let byteCount: Int
    var renderCount = 0
    var lastUse = 0
  }

  private struct State {
    /// The loaded models by the addresses of their `OnDemandRenderer`s.
    var entries: [ObjectIdentifier: Entry] = [:]
    var useCount = 0

    mutating func take(_ id: ObjectIdentifier) -> Renderer? {
      guard entries[id] != nil else { return nil }
      useCount += 1
      entries[id]?.lastUse = useCount
      entries[id]?.renderCount += 1
      return entries[id]?.renderer
    }

    /// Removes models that do not render, those used longest ago first, until there is room for another.
    mutating func makeRoom(for byteCount: Int, limit: Int) -> [Renderer] {
      var removed: [Renderer] = []
      while entries.values.reduce(byteCount, { $0 + $1.byteCount }) > limit,
        let oldest = entries.filter({ $0.value.renderCount == 0 })
          .min(by: { $0.value.lastUse < $1.value.lastUse })
      {
        entries[oldest.key] = nil
        removed.append(oldest.value.renderer)
      }
      return removed
    }
  }

  private let byteLimit: Int
  private let state = Mutex(State())
  /// Held while a model is loaded, so that two are never loaded at once.
  private let loading = Mutex(())

  /// Creates a pool without models.
  /// - Parameter byteLimit: The memory of all loaded models; one model may have more.
  public init(byteLimit: Int) { self.byteLimit = byteLimit }

  /// Returns the renderer of a model, if it is loaded.
  func loaded(_ model: OnDemandRenderer) -> Renderer? {
    state.withLock { $0.entries[ObjectIdentifier(model)]?.renderer }
  }

  /// Renders with a model, which is loaded first if it is not.
  func with<Result>(
    _ model: OnDemandRenderer, _ body: (Renderer) throws -> Result
  ) throws -> Result {
    let id = ObjectIdentifier(model)
    let renderer = try take(model)
    defer { state.withLock { $0.entries[id]?.renderCount -= 1 } }
    return try body(renderer)
  }

  private func take(_ model: OnDemandRenderer) throws(Flux2Error) -> Renderer {
    let id = ObjectIdentifier(model)
    if let renderer = state.withLock({ $0.take(id) }) { return renderer }
    return try loading.withLock { _ throws(Flux2Error) in
      if let renderer = state.withLock({ $0.take(id) }) { return renderer }
      // What is removed ends here, outside of the lock, and before another takes its memory.
      let removedCount = state.withLock { $0.makeRoom(for: model.byteCount, limit: byteLimit) }
        .count
      if removedCount > 0 { Device.returnFreedMemory() }
      let renderer = try model.load()
      return state.withLock { state in
        state.entries[id] = Entry(renderer: renderer, byteCount: model.byteCount)
        _ = state.take(id)
        return renderer
      }
    }
  }
}

/// A model that prepares renders at any time, and is loaded when it first renders.
///
/// Its outline, by which renders are prepared, has the weights mapped and copies none of them.
public final class OnDemandRenderer: Sendable {
  /// The model without copies of weights; never renders.
  public let outline: Renderer
  /// The memory that unloading it gives back, in bytes.
  public let byteCount: Int
  let load: @Sendable () throws(Flux2Error) -> Renderer
  private let pool: RendererPool

  /// Creates a model that is not loaded.
  /// - Parameters:
  ///   - outline: The model in float32, without caches.
  ///   - byteCount: The memory that unloading it gives back, in bytes.
  ///   - pool: Where it is loaded.
  ///   - load: Loads it.
  public init(
    outline: Renderer, byteCount: Int, in pool: RendererPool,
    load: @escaping @Sendable () throws(Flux2Error) -> Renderer
  ) {
    (self.outline, self.byteCount, self.pool, self.load) = (outline, byteCount, pool, load)
  }

  /// Loads it, if it is not loaded.
  public func prepareToRender() throws { try pool.with(self) { _ in } }

  /// The model and how it computes.
  public var description: ModelDescription {
    pool.loaded(self).map { ModelDescription($0) }
      ?? ModelDescription(unloaded: outline.modelHash)
  }

  /// Hits, misses and size of its cache since it was loaded.
  public var cacheStatistics: ConditioningCacheStatistics {
    pool.loaded(self)?.cacheStatistics ?? ConditioningCacheStatistics()
  }

  /// Renders one image, as `Renderer.render` does.
  public func render(
    _ render: PreparedRender, writesMetadata: Bool,
    progress: (PipelineProgress) throws -> Void,
    stepDone: (Int, StepPreview) throws -> Void
  ) throws -> RenderedImage {
    try pool.with(self) { renderer in
      try renderer.render(
        render, writesMetadata: writesMetadata, progress: progress, stepDone: stepDone)
    }
  }
}
