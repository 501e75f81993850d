/// The moments from which a connection's deadlines are reckoned.
struct ConnectionTimer {
  typealias Instant = ContinuousClock.Instant

  var headStart: Instant?
  var starvedSince: Instant?
  var lastInput: Instant
  var lastProgress: Instant
  private var bodyBytes = 0
  var lingeredBytes = 0
  private(set) var idleSince: Instant
  /// The moment up to which the bytes of the body have come fast enough.
  private(set) var paidUntil: Instant
  private(set) var lingerStart: Instant

  init(_ now: Instant) {
    lastInput = now
    lastProgress = now
    idleSince = now
    paidUntil = now
    lingerStart = now
  }

  mutating func beginIdle(_ now: Instant) {
    headStart = nil
    idleSince = now
  }

  mutating func beginBody(_ now: Instant) {
    starvedSince = nil
    bodyBytes = 0
    paidUntil = now
    lastInput = now
  }

  /// A body has so many bytes by now.
  mutating func noteBody(byteCount: Int, limits: ServerConfiguration, at now: Instant) {
    let rate = Double(max(1, limits.bodyBytesPerSecond))
    let earned = Duration.seconds(Double(byteCount - bodyBytes) / rate)
    bodyBytes = byteCount
    paidUntil = min(paidUntil + earned, now + limits.bodyCreditTime)
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
      paidUntil += since.duration(to: now)
      lastInput = now
    }
  }
}

extension ConnectionStateMachine {
  /// When `tick` has something to do; nil while the handler has the turn.
  package var deadline: Instant? {
    switch phase {
    case .head:
      if let start = clock.headStart { return start + limits.headTime }
      return clock.idleSince + (isDraining ? limits.drainIdleTime : limits.idleTime)
    case .body:
      if let since = clock.starvedSince { return since + limits.bufferWaitTime }
      return min(clock.lastInput, clock.paidUntil) + limits.bodyIdleTime
    case .streaming, .finishing:
      return unsentBytes > 0 ? clock.lastProgress + limits.writeStallTime : nil
    case .lingering:
      return min(clock.lastInput + limits.lingerIdleTime, clock.lingerStart + limits.lingerTime)
    case .admitting, .failing, .running, .closed:
      return nil
    }
  }
}
