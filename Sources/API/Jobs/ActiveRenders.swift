import Flux2
import Rendering
import Synchronization

/// The renders in progress on this node, by the ids of the requests that were admitted for them.
final class ActiveRenders: Sendable {
  /// A render and what was asked for.
  struct Entry: Sendable {
    let render = ActiveRender()
    let keyID: String
    let route: String
    let size: String
    let stepCount: Int
    let began = ContinuousClock.now

    /// Describes the render of a job.
    init(_ job: RenderJob) {
      keyID = job.principal.keyID
      route = job.endpoint.path
      size = "\(job.render.plan.size)"
      stepCount = job.render.plan.request.remainingStepCount
    }
  }

  private let entries = Mutex<[String: Entry]>([:])

  /// All of them, with the ids of their requests, in no order.
  var all: [String: Entry] { entries.withLock { $0 } }

  /// Returns the render of a request.
  subscript(id: String) -> ActiveRender? { entries.withLock { $0[id]?.render } }

  /// Adds the render of a request that is about to be admitted.
  func add(_ id: String, _ job: RenderJob) -> ActiveRender {
    let entry = Entry(job)
    entries.withLock { $0[id] = entry }
    return entry.render
  }

  /// Removes a render that has ended.
  func remove(_ id: String) { entries.withLock { $0[id] = nil } }
}
