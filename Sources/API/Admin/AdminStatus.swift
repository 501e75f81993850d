import JSON
import Rendering

/// The present state of a service, as its metrics know it, in one document for people to look at.
struct AdminStatus {
  let isReady: Bool
  let modelID: String
  let loras: [String]
  let renders: RenderService
  let memory: MemoryBudget
  let counts: Metrics.Counts

  /// The document.
  var json: JSONValue {
    let queue = renders.statistics
    return [
      "version": .string(Version.current), "commit": .string(Version.commit),
      "ready": .boolean(isReady),
      "model": ["id": .string(modelID), "loras": .array(loras.map { .string($0) })],
      "queue": [
        "waiting": .integer(queue.waiting), "running": .integer(queue.running),
        "slots": .integer(renders.slots),
        "seconds_until_empty": .number(renders.secondsUntilEmpty),
      ],
      "memory": [
        "limit_bytes": .integer(memory.byteCount),
        "reserved_bytes": .integer(memory.reservedByteCount),
      ],
      "requests": .array(requests),
      "refusals": .object(
        counts.refusals.sorted { $0.key < $1.key }.map { ($0, .integer($1)) }),
      "renders": [
        "count": .integer(counts.render.count), "seconds": .number(counts.render.sum),
      ],
    ]
  }

  private var requests: [JSONValue] {
    counts.requests.sorted { ($0.key.route, $0.key.status) < ($1.key.route, $1.key.status) }
      .map { kind, count in
        [
          "route": .string(kind.route), "status": .integer(kind.status), "count": .integer(count),
        ]
      }
  }
}
