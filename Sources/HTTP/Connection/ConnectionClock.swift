/// The moments from which a connection's deadlines are reckoned.
struct ConnectionClock {
  typealias Instant = ContinuousClock.Instant

  var headStart: Instant?
  var starvedSince: Instant?
  var lastInput: Instant
  var lastProgress: Instant
  var bodyBytes = 0
  var lingeredBytes = 0
  private(set) var idleSince: Instant
  private(set) var bodyStart: Instant
  private(set) var lingerStart: Instant

  init(_ now: Instant) {
    lastInput = now
    lastProgress = now
    idleSince = now
    bodyStart = now
    lingerStart = now
  }

  mutating func beginIdle(_ now: Instant) {
    headStart = nil
    idleSince = now
  }

  mutating func beginBody(_ now: Instant) {
    starvedSince = nil
    bodyBytes = 0
    bodyStart = now
    lastInput = now
  }

  mutating func beginLingering(_ now: Instant) {
    lingerStart = now
    lastInput = now
  }

  /// The time spent waiting for memory does not count against the client.
  mutating func setStarved(_ isStarved: Bool, at now: Instant) {
    if isStarved {
      starvedSince = starvedSince ?? now
    } else if let since = starvedSince {
      starvedSince = nil
      bodyStart += since.duration(to: now)
      lastInput = now
    }
  }
}

extension Connection {
  /// When `tick` has something to do; nil while the handler has the turn.
  package var deadline: Instant? {
    switch phase {
    case .head:
      if let start = clock.headStart { return start + limits.headTime }
      return clock.idleSince + (isDraining ? limits.drainIdleTime : limits.idleTime)
    case .body:
      if let since = clock.starvedSince { return since + limits.bufferWaitTime }
      let earned = Duration.seconds(clock.bodyBytes / max(1, limits.bodyBytesPerSecond))
      return min(clock.lastInput, clock.bodyStart + earned) + limits.bodyIdleTime
    case .streaming, .finishing:
      return unsentBytes > 0 ? clock.lastProgress + limits.writeStallTime : nil
    case .lingering:
      return min(clock.lastInput + limits.lingerIdleTime, clock.lingerStart + limits.lingerTime)
    case .admitting, .failing, .running, .closed:
      return nil
    }
  }
}
