import Accounts
import Flux2
import JSON
import Rendering

/// The present state of a service, as its metrics know it, in one document for people to look at.
struct AdminStatus {
  /// Why it is not ready; nil if it is.
  let trouble: String?
  let currency: String
  /// The models, that of requests without a model first.
  let models: [ServedModel]
  let renders: RenderService
  let active: [String: ActiveRenders.Entry]
  let memory: MemoryBudget
  let counts: Metrics.Counts

  /// The document.
  var json: JSONValue {
    let usage = ProcessUsage.current
    return .object(present: [
      ("version", .string(Version.current)), ("commit", .string(Version.commit)),
      ("ready", .boolean(trouble == nil)), ("trouble", trouble.map { .string($0) }),
      (
        "process",
        .object(present: [
          (
            "started",
            usage.startSeconds.map { .string(Timestamp(microseconds: Int64($0 * 1e6)).text) }
          ),
          ("cpu_seconds", .number(usage.cpuSeconds)),
          ("resident_bytes", usage.residentBytes.map { .integer($0) }),
          ("open_files", usage.openFiles.map { .integer($0) }),
        ])
      ),
      ("models", .array(models.map(Self.document))), ("queue", queue),
      ("renders_in_progress", .array(rendersInProgress)),
      (
        "memory",
        [
          "limit_bytes": .integer(memory.byteCount),
          "reserved_bytes": .integer(memory.reservedByteCount),
        ]
      ),
      ("requests", .array(requests)), ("refusals", Self.counts(counts.refusals)),
      (
        "renders",
        ["count": .integer(counts.render.count), "seconds": .number(counts.render.sum)]
      ),
      ("metering", metering),
    ])
  }

  private static func document(of model: ServedModel) -> JSONValue {
    let rendering = try? model.rendering
    let (identity, cache) = (rendering?.identity, rendering?.cacheStatistics ?? .init())
    let loras = model.capabilities.loras
    return .object(present: [
      ("id", .string(model.configuration.id)),
      ("aliases", .array(model.configuration.aliases.map { .string($0) })),
      ("price", .string(model.configuration.price.text)),
      ("loaded", .boolean(identity?.isLoaded ?? false)),
      ("hash", identity.map { .string($0.hash) }),
      ("precision", identity?.precision.map { .string($0) }),
      ("products", identity?.products.map { .string($0) }),
      ("loras", .array(loras.entries.map { .string($0.name) })),
      (
        "unusable_loras",
        .array(
          loras.unusable.map { ["name": .string($0.name), "reason": .string($0.reason)] })
      ),
      (
        "cache",
        [
          "hits": .integer(cache.hitCount), "misses": .integer(cache.missCount),
          "bytes": .integer(cache.byteCount),
        ]
      ),
    ])
  }

  private var queue: JSONValue {
    let statistics = renders.statistics
    return [
      "waiting": .integer(statistics.waiting), "running": .integer(statistics.running),
      "slots": .integer(renders.slots), "seconds_until_empty": .number(renders.secondsUntilEmpty),
    ]
  }

  /// The admitted renders, the longest in progress first.
  private var rendersInProgress: [JSONValue] {
    active.sorted { ($0.value.began, $0.key) < ($1.value.began, $1.key) }.compactMap { id, entry in
      let progress = entry.render.progress
      return progress.phase.map { phase in
        [
          "id": .string(id), "key": .string(entry.keyID), "route": .string(entry.route),
          "size": .string(entry.size), "phase": .string(phase.rawValue),
          "step": .integer(progress.step), "steps": .integer(entry.stepCount),
          "seconds": .number((ContinuousClock.now - entry.began) / .seconds(1)),
        ]
      }
    }
  }

  private var requests: [JSONValue] {
    counts.requests.sorted { ($0.key.route, $0.key.status) < ($1.key.route, $1.key.status) }
      .map { kind, count in
        [
          "route": .string(kind.route), "status": .integer(kind.status), "count": .integer(count),
        ]
      }
  }

  private var metering: JSONValue {
    let metering = counts.metering
    return [
      "admissions": Self.counts(metering.admissions), "charges": .integer(metering.charges),
      "charged": .string(Money(microUnits: metering.chargedMicroUnits).text),
      "currency": .string(currency), "refunds": Self.counts(metering.refunds),
    ]
  }

  private static func counts(_ counts: [String: Int]) -> JSONValue {
    .object(counts.sorted { $0.key < $1.key }.map { ($0, .integer($1)) })
  }
}
