public import HTTP
internal import Synchronization

/// Counts what the service does, for Prometheus.
final class Metrics: Sendable {
  /// Requests are told apart by these.
  struct RequestKind: Hashable, Sendable {
    let route: String
    /// The status; 0 when the client left before an answer.
    let status: Int
  }

  /// The counts.
  struct Counts: Sendable {
    var requests: [RequestKind: Int] = [:]
    var refusals: [String: Int] = [:]
    var keys = KeyCounts()
    var bytesIn = 0
    var bytesOut = 0
    var wait = Histogram()
    var render = Histogram()
    var stepsPerSecond: Double?
  }

  private let state = Mutex(Counts())

  /// What was counted so far.
  var counts: Counts { state.withLock { $0 } }

  /// An exchange is over.
  func record(_ record: ExchangeRecord, _ facts: RequestContext.Facts) {
    let kind = RequestKind(route: facts.route, status: record.status?.code ?? 0)
    state.withLock { counts in
      counts.requests[kind, default: 0] += 1
      counts.bytesIn += record.requestBytes
      counts.bytesOut += record.responseBytes
      if let key = facts.keyID {
        counts.keys.record(key, status: kind.status, renderSeconds: facts.renderSeconds ?? 0)
      }
      if let code = facts.errorCode { counts.refusals[code, default: 0] += 1 }
    }
  }

  /// A render's turn has come.
  func record(waitSeconds: Double) { state.withLock { $0.wait.record(waitSeconds) } }

  /// A render is done.
  func record(renderSeconds: Double, stepsPerSecond: Double?) {
    state.withLock { counts in
      counts.render.record(renderSeconds)
      counts.stepsPerSecond = stepsPerSecond ?? counts.stepsPerSecond
    }
  }
}

/// What was done for each key, by the keys' ids.
///
/// However many keys there are, so many are told apart and no more: each of them is a series that
/// Prometheus keeps for as long as it keeps anything.
struct KeyCounts: Sendable {
  /// What counts for one key.
  struct Counts: Sendable {
    /// By status; 0 when the client left before an answer.
    var requests: [Int: Int] = [:]
    var renderSeconds = 0.0
  }

  /// Those that come first have a place of their own.
  static let capacity = 100
  /// Stands for all others; no key has such an id.
  private static let other = "other"

  private(set) var counts: [String: Counts] = [:]

  /// A request of a key is over.
  mutating func record(_ key: String, status: Int, renderSeconds: Double) {
    let name = counts[key] != nil || counts.count < Self.capacity ? key : Self.other
    counts[name, default: Counts()].requests[status, default: 0] += 1
    counts[name, default: Counts()].renderSeconds += renderSeconds
  }
}

/// Serves `/metrics`, meant for a listener of its own that only the operator can reach.
public struct MetricsHandler: Handler {
  private let router: Router

  /// - Parameter text: Writes the metrics.
  init(text: @escaping @Sendable () -> String) {
    var router = Router()
    router.on(.get, "/metrics") { _, _ in
      .respond(
        Response(
          .ok, headers: ["content-type": "text/plain; version=0.0.4; charset=utf-8"],
          body: .bytes(Array(text().utf8))))
    }
    self.router = router
  }

  /// Answers from the head alone.
  public func admit(_ head: RequestHead) throws -> Admission { try router.admit(head) }
}
