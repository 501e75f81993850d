import Accounts
public import HTTP
import Synchronization

/// Counts what the service does, for Prometheus.
final class Metrics: Sendable {
  /// The labels of a request's counter.
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
    var metering = MeteringCounts()
    var bytesIn = 0
    var bytesOut = 0
    var wait = Histogram()
    var render = Histogram()
    var stepsPerSecond: Double?
  }

  private let state = Mutex(Counts())

  /// The present counts.
  var counts: Counts { state.withLock { $0 } }

  /// Counts a finished request.
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

  /// Counts a render that leaves the queue.
  func record(waitSeconds: Double) { state.withLock { $0.wait.record(waitSeconds) } }

  /// Counts the decision on a request.
  func record(_ outcome: AdmissionOutcome) { state.withLock { $0.metering.record(outcome) } }

  /// Counts a finished image that was charged.
  func record(charge: Money) { state.withLock { $0.metering.record(charge: charge) } }

  /// Counts a reservation that was given back.
  func record(refund reason: String) {
    state.withLock { $0.metering.refunds[reason, default: 0] += 1 }
  }

  /// Counts a finished render.
  func record(renderSeconds: Double, stepsPerSecond: Double?) {
    state.withLock { counts in
      counts.render.record(renderSeconds)
      counts.stepsPerSecond = stepsPerSecond ?? counts.stepsPerSecond
    }
  }
}

/// Counts requests and render time by the keys' ids.
///
/// At most `capacity` keys are told apart, since each is a series that Prometheus keeps for as long as it
/// keeps anything.
struct KeyCounts: Sendable {
  /// The counts of one key.
  struct Counts: Sendable {
    /// By status; 0 when the client left before an answer.
    var requests: [Int: Int] = [:]
    var renderSeconds = 0.0
  }

  /// The number of keys that have a series of their own: the first ones.
  static let capacity = 100
  /// The series of all other keys; no key has such an id.
  private static let other = "other"

  private(set) var counts: [String: Counts] = [:]

  /// Counts a finished request of a key.
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

  /// Responds to a request by its head.
  public func admit(_ head: RequestHead) throws -> Admission { try router.admit(head) }
}
