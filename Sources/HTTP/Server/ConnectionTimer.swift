/// The instants from which a connection's deadlines are computed.
struct ConnectionTimer {
  typealias Instant = ContinuousClock.Instant

  var headStart: Instant?
  var starvedSince: Instant?
  var lastInput: Instant
  var lastProgress: Instant
  private var bodyBytes = 0
  var lingeredBytes = 0
  private(set) var idleSince: Instant
  /// The instant up to which the bytes received so far meet the body's minimum rate.
  private(set) var bodyCreditEnd: Instant
  private(set) var lingerStart: Instant

  init(_ now: Instant) {
    lastInput = now
    lastProgress = now
    idleSince = now
    bodyCreditEnd = now
    lingerStart = now
  }

  mutating func beginIdle(_ now: Instant) {
    headStart = nil
    idleSince = now
  }

  mutating func beginBody(_ now: Instant) {
    starvedSince = nil
    bodyBytes = 0
    bodyCreditEnd = now
    lastInput = now
  }

  /// Extends the credit by the time that new bytes of the body may take at the minimum rate.
  /// - Parameter byteCount: The bytes of the body received so far.
  mutating func noteBody(byteCount: Int, configuration: ServerConfiguration, at now: Instant) {
    let rate = Double(max(1, configuration.minBodyBytesPerSecond))
    let earned = Duration.seconds(Double(byteCount - bodyBytes) / rate)
    bodyBytes = byteCount
    bodyCreditEnd = min(bodyCreditEnd + earned, now + configuration.maxBodyCredit)
  }

  mutating func beginLingering(_ now: Instant) {
    lingerStart = now
    lastInput = now
  }

  /// Starts or ends a wait for memory, whose time does not count against the client.
  mutating func setStarved(_ isStarved: Bool, at now: Instant) {
    if isStarved {
      starvedSince = starvedSince ?? now
    } else if let since = starvedSince {
      starvedSince = nil
      bodyCreditEnd += since.duration(to: now)
      lastInput = now
    }
  }
}

extension ConnectionStateMachine {
  /// The instant at which `tick` acts; nil while the handler works on the request.
  package var deadline: Instant? {
    switch phase {
    case .head:
      if let start = timer.headStart { return start + configuration.headTimeout }
      return timer.idleSince
        + (isDraining ? configuration.drainIdleTimeout : configuration.idleTimeout)
    case .body:
      if let since = timer.starvedSince { return since + configuration.bufferWaitTimeout }
      return min(timer.lastInput, timer.bodyCreditEnd) + configuration.bodyIdleTimeout
    case .streaming, .finishing:
      return unsentBytes > 0 ? timer.lastProgress + configuration.writeTimeout : nil
    case .lingering:
      return min(
        timer.lastInput + configuration.lingerIdleTimeout,
        timer.lingerStart + configuration.lingerTimeout)
    case .admitting, .failing, .running, .closed:
      return nil
    }
  }
}
