/// The HTTP/1.1 protocol of one connection, without its socket: a pure state machine that takes events
/// and returns actions.
///
///     head → body → running → (streaming →) finishing → head | lingering → closed
///
/// One request is answered at a time: meanwhile nothing is read, and bytes that a pipelining client
/// already sent wait here. A malformed request is answered once, then the connection lingers: it sends
/// no more and drops what still arrives, because closing at once would make the kernel reset the
/// connection before the client has read the answer (RFC 9112 §9.6).
package struct ConnectionStateMachine {
  package typealias Instant = ContinuousClock.Instant

  package enum Phase: Equatable, Sendable {
    /// Between requests or within a head.
    case head
    /// The head is with the handler.
    case admitting
    /// Within a body that was accepted.
    case body
    /// The request failed in this module; the handler is about to give the answer.
    case failing
    /// The whole request is with the handler.
    case running
    /// A response's head is sent, its body follows in pieces.
    case streaming
    /// The response is complete; the socket has yet to take the rest of it.
    case finishing
    /// The last answer is sent; input is dropped while the client reads it.
    case lingering
    case closed
  }

  package enum Action {
    /// Ask the handler whether to accept the request; `accept` or `respond` must follow.
    case admit(RequestHead)
    /// Ask the handler for the response to an error; `respond` must follow.
    case fail(HTTPError, RequestHead?)
    /// Give the handler the whole request.
    case run(Request)
    case send([UInt8])
    case shutDownSending
    case close
    /// An exchange has ended, answered or not.
    case finished(ExchangeRecord)
  }

  let configuration: ServerConfiguration
  /// The client's address; nil without a socket.
  package let remoteAddress: RemoteAddress?
  package private(set) var phase = Phase.head
  /// The bytes received but not parsed yet.
  private var pendingInput: ArraySlice<UInt8> = []
  private var headParser: HeadParser
  private var bodyParser: BodyParser?
  private(set) var head: RequestHead?
  private(set) var isDraining = false
  /// True if the current answer is the connection's last.
  private var closesAfter = false
  /// True if the current answer was given before all of its request was read.
  private var leavesBodyUnread = false
  private var record: ExchangeRecord
  /// The bytes of the current body, which count until its exchange has ended.
  package private(set) var bufferedBytes = 0
  /// The bytes of `send` actions that the socket has not taken yet.
  package private(set) var unsentBytes = 0
  var timer: ConnectionTimer

  /// The state of a connection that was just accepted.
  package init(
    configuration: ServerConfiguration, from remoteAddress: RemoteAddress? = nil, at now: Instant
  ) {
    self.configuration = configuration
    self.remoteAddress = remoteAddress
    headParser = HeadParser(configuration: configuration)
    timer = ConnectionTimer(now)
    record = ExchangeRecord(startedAt: now, remoteAddress: remoteAddress)
  }

  /// True if bytes should be read from the socket now.
  package var wantsInput: Bool {
    switch phase {
    case .head: true
    case .body: timer.starvedSince == nil
    case .lingering: timer.lingeredBytes < configuration.maxLingerBytes
    default: false
    }
  }

  /// True between requests.
  package var isIdle: Bool { phase == .head && timer.headStart == nil }

  /// True if the connection may close as soon as the socket holds no unread bytes.
  package var closesWhenInputEnds: Bool { phase == .lingering && !leavesBodyUnread }

  /// True if the writer of a streamed body may go on.
  package var hasRoom: Bool { unsentBytes <= configuration.maxUnsentBytes }

  // MARK: Input

  /// Takes bytes that were read from the socket.
  package mutating func receive(_ bytes: ArraySlice<UInt8>, at now: Instant) -> [Action] {
    timer.lastInput = now
    if phase == .lingering || phase == .closed {
      timer.lingeredBytes += bytes.count
      return []
    }
    if pendingInput.isEmpty { pendingInput = bytes } else { pendingInput += bytes }
    let actions = advance(at: now)
    // A slice of the caller's buffer must not outlive the call, or that buffer would be copied.
    pendingInput = Array(pendingInput)[...]
    return actions
  }

  /// Sets the number of the exchange that an `admit` action began, or a `fail` action without a head.
  package mutating func beginExchange(number: UInt64) {
    head?.number = number
    record.number = number
    record.head = head
  }

  /// Accepts the request that `admit` asked about, with a body of up to `bodyLimit` bytes.
  package mutating func accept(bodyLimit: Int, at now: Instant) -> [Action] {
    guard phase == .admitting, let head else { return [] }
    do {
      bodyParser = try BodyParser(framing: head.framing, limit: bodyLimit)
    } catch {
      return fail(error)
    }
    phase = .body
    timer.beginBody(now)
    let waits = head.expectsContinue && head.framing != .none && pendingInput.isEmpty
    let interim = waits ? [send(Array("HTTP/1.1 100 Continue\r\n\r\n".utf8), at: now)] : []
    return interim + advance(at: now)
  }

  private mutating func advance(at now: Instant) -> [Action] {
    do {
      switch phase {
      case .head: return try advanceHead(at: now)
      case .body: return try advanceBody(at: now)
      default: return []
      }
    } catch {
      return fail(error)
    }
  }

  private mutating func advanceHead(at now: Instant) throws(HTTPError) -> [Action] {
    guard !pendingInput.isEmpty else { return [] }
    if timer.headStart == nil {
      timer.headStart = now
      record = ExchangeRecord(startedAt: now, remoteAddress: remoteAddress)
    }
    guard var head = try headParser.consume(&pendingInput) else { return [] }
    head.remoteAddress = remoteAddress
    self.head = head
    record.head = head
    phase = .admitting
    return [.admit(head)]
  }

  private mutating func advanceBody(at now: Instant) throws(HTTPError) -> [Action] {
    guard var parser = bodyParser.take(), let head else { return [] }
    let isWhole = try parser.consume(&pendingInput)
    bufferedBytes = parser.body.count
    timer.noteBody(byteCount: parser.body.count, configuration: configuration, at: now)
    record.requestBytes = parser.body.count
    guard isWhole else {
      bodyParser = parser
      return []
    }
    phase = .running
    return [.run(Request(head: head, body: parser.takeBody()))]
  }

  private mutating func fail(_ error: HTTPError) -> [Action] {
    phase = .failing
    bodyParser = nil
    return [.fail(error, head)]
  }

  // MARK: Output

  /// Sends the response to an `admit`, `fail` or `run` action; pieces of a stream follow by `write`.
  package mutating func respond(
    _ response: Response, dated date: String, at now: Instant
  ) -> [Action] {
    guard [.admitting, .failing, .running].contains(phase) else { return [] }
    leavesBodyUnread = phase == .failing
    if phase == .admitting, let head { leavesBodyUnread = !skipBody(of: head) }
    closesAfter = leavesBodyUnread || isDraining || head?.keepsAlive != true
    let encoder = ResponseEncoder(response, to: head, closes: closesAfter, date: date)
    record.status = response.status
    var actions = [send(encoder.head, at: now)]
    if !encoder.body.isEmpty { actions.append(send(encoder.body, at: now)) }
    if case .stream = response.body { phase = .streaming } else { phase = .finishing }
    return actions
  }

  /// Drops the body of a refused request; returns false if some of it has not arrived yet.
  private mutating func skipBody(of head: RequestHead) -> Bool {
    switch head.framing {
    case .none: return true
    case .chunked: return false
    case .length(let count):
      guard count <= pendingInput.count else { return false }
      pendingInput = pendingInput.dropFirst(count)
      return true
    }
  }

  /// Sends an interim response while the request runs; HTTP/1.0 has none.
  package mutating func sendInterim(_ status: Status, at now: Instant) -> [Action] {
    guard phase == .running, head?.version == .http11 else { return [] }
    return [send(Array("HTTP/1.1 \(status.code) \(status.reason)\r\n\r\n".utf8), at: now)]
  }

  /// Sends a piece of a streamed body.
  package mutating func write(_ piece: [UInt8], at now: Instant) -> [Action] {
    guard phase == .streaming, !piece.isEmpty, head?.method != .head else { return [] }
    guard head?.version == .http11 else { return [send(piece, at: now)] }
    return [send(ResponseEncoder.chunk(piece), at: now)]
  }

  /// Ends a streamed body.
  package mutating func endStream(at now: Instant) -> [Action] {
    guard phase == .streaming else { return [] }
    phase = .finishing
    guard head?.version == .http11, head?.method != .head else {
      return unsentBytes == 0 ? complete(at: now) : []
    }
    return [send(ResponseEncoder.lastChunk, at: now)]
  }

  private mutating func send(_ bytes: [UInt8], at now: Instant) -> Action {
    if unsentBytes == 0 { timer.lastProgress = now }
    unsentBytes += bytes.count
    record.responseBytes += bytes.count
    return .send(bytes)
  }

  /// Notes that the socket took bytes.
  package mutating func sent(_ byteCount: Int, at now: Instant) -> [Action] {
    unsentBytes -= byteCount
    timer.lastProgress = now
    return phase == .finishing && unsentBytes == 0 ? complete(at: now) : []
  }

  private mutating func complete(at now: Instant) -> [Action] {
    record.isDelivered = true
    let finished = finish(at: now)
    if closesAfter {
      phase = .lingering
      pendingInput = []
      timer.beginLingering(now)
      return finished + [.shutDownSending]
    }
    phase = .head
    head = nil
    headParser = HeadParser(configuration: configuration)
    timer.beginIdle(now)
    return finished + advance(at: now)
  }

  /// Finishes the record of the current exchange, if there is one.
  private mutating func finish(at now: Instant) -> [Action] {
    bufferedBytes = 0
    bodyParser = nil
    guard phase != .lingering, phase != .closed, !isIdle else { return [] }
    record.finishedAt = now
    return [.finished(record)]
  }

  // MARK: Closing

  /// Closes the connection: the client has left, a stream failed, or the server ends.
  package mutating func close(at now: Instant) -> [Action] {
    guard phase != .closed else { return [] }
    let finished = finish(at: now)
    phase = .closed
    pendingInput = []
    return finished + [.close]
  }

  /// Makes the next answer the connection's last.
  package mutating func drain(at now: Instant) {
    isDraining = true
    if isIdle { timer.beginIdle(now) }
  }

  /// Notes that the memory for bodies is exhausted, or available again.
  package mutating func setStarved(_ isStarved: Bool, at now: Instant) {
    guard phase == .body else { return }
    timer.setStarved(isStarved, at: now)
  }

  /// Acts on a deadline that has passed.
  package mutating func tick(at now: Instant) -> [Action] {
    guard let deadline, now >= deadline else { return [] }
    switch phase {
    case .head where !isIdle: return fail(HTTPError(.timeout, "the head took too long"))
    case .body where timer.starvedSince != nil:
      return fail(HTTPError(.overloaded, "there is no memory for another body just now"))
    case .body: return fail(HTTPError(.timeout, "the body took too long"))
    default: return close(at: now)
    }
  }
}
