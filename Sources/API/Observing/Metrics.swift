internal import HTTP
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
