/// Waits for sockets and for commands, and carries out what the connections' state machines say.
///
/// Everything here happens on one thread and returns quickly; nothing here waits but `poller`.
final class EventLoop {
  private static let listenerID: UInt64 = 0
  private static let mailboxID: UInt64 = 1
  private static let readBytes = 64 << 10
  /// The reads from one socket before others get their turn.
  private static let readsPerTurn = 16
  private static let acceptsPerTurn = 64
  /// Deadlines are kept to this precision, so that finding those due costs little.
  private static let tickTime = Duration.milliseconds(50)

  let handler: any Handler
  let limits: Limits
  let mailbox: Mailbox
  private var listener: Listener?
  private var poller: Poller
  var sessions: [UInt64: Session] = [:]
  /// How many of them each client has.
  var networks: [IPAddress: Int] = [:]
  private var lastID = EventLoop.mailboxID
  private var lastExchange: UInt64 = 0
  private var isStopping = false
  private var isDraining = false
  /// Whether someone may be waiting to be accepted.
  private var hasArrivals = true
  /// Whether it waits for room, which a leaving client makes; files are looked for once a second.
  private var isFull = false
  /// Who was accepted when there was no room.
  private var arrival: Listener.Arrival?
  /// Sessions that had more to read than their turn allowed.
  private var unfinished: Set<UInt64> = []
  private var budget: BodyBudget
  private var nextTick = ContinuousClock.now
  private var readBuffer = [UInt8](repeating: 0, count: EventLoop.readBytes)
  private var dateField = DateField()
  private let freedMemory = FreedMemory()
  var now = ContinuousClock.now

  init(
    listener: Listener, mailbox: Mailbox, handler: any Handler, limits: Limits
  ) throws(Fault) {
    self.listener = listener
    self.mailbox = mailbox
    self.handler = handler
    self.limits = limits
    budget = BodyBudget(limit: limits.bufferedBytes)
    poller = try Poller()
    try poller.add(listener.descriptor, id: Self.listenerID)
    try poller.add(mailbox.wake, id: Self.mailboxID)
  }

  /// Serves until stopped, or drained and empty.
  func run() {
    while !isStopping && !(isDraining && sessions.isEmpty) {
      let events = poller.wait(milliseconds: waitMilliseconds())
      now = ContinuousClock.now
      for command in mailbox.take() { perform(command) }
      for event in events { handle(event) }
      finishTurns()
      feedStarved()
      tick()
      if hasArrivals { acceptArrivals() }
    }
    listener = nil
    for session in sessions.values { perform(session.connection.close(at: now), on: session) }
    for case .write(_, _, let writer) in mailbox.close() {
      writer.resume(throwing: CancellationError())
    }
  }

  // MARK: Waiting

  private func waitMilliseconds() -> Int32 {
    guard unfinished.isEmpty, !hasArrivals else { return 0 }
    guard !sessions.isEmpty || isFull else { return -1 }
    let wait = max(.zero, now.duration(to: nextTick))
    return Int32(min(wait / .milliseconds(1), 1000)) + 1
  }

  private func handle(_ event: Poller.Event) {
    switch event.id {
    case Self.listenerID: hasArrivals = true
    case Self.mailboxID: break
    default:
      guard let session = sessions[event.id] else { return }
      guard !event.isGone else { return perform(session.connection.close(at: now), on: session) }
      if event.isReadable { session.isReadable = true }
      pump(session)
    }
  }

  /// Acts on the deadlines that have passed, and finds the next.
  private func tick() {
    guard now >= nextTick else { return }
    hasArrivals = hasArrivals || isFull
    isFull = false
    var next = now + .seconds(1)
    for session in sessions.values {
      guard let deadline = session.connection.deadline else { continue }
      if deadline <= now, !budget.spares(session.id) {
        budget.forget(session.id)
        perform(session.connection.tick(at: now), on: session)
        pump(session)
      }
      next = min(next, session.connection.deadline ?? next)
    }
    nextTick = max(next, now + Self.tickTime)
  }

  // MARK: Arriving and leaving

  private func acceptArrivals() {
    for _ in 0..<Self.acceptsPerTurn {
      let next = arrival ?? listener?.accept() ?? .none
      arrival = nil
      switch next {
      case .connection(_, let remote) where !admits(remote): continue
      case .connection(let socket, let remote) where hasRoom:
        open(socket, from: remote)
      case .exhausted where makeRoom(among: sessions.values): continue
      case .connection, .exhausted:
        arrival = if case .connection = next { next } else { nil }
        isFull = true
        hasArrivals = false
        return
      case .none:
        hasArrivals = false
        return
      }
    }
  }

  private func open(_ socket: Descriptor, from remote: RemoteAddress) {
    lastID += 1
    let connection = Connection(limits: limits, from: remote, at: now)
    let session = Session(id: lastID, socket: socket, connection: connection)
    guard (try? poller.add(socket, id: lastID)) != nil else { return }
    sessions[lastID] = session
    if let network = remote.network { networks[network, default: 0] += 1 }
    pump(session)
  }

  private func remove(_ session: Session) {
    guard sessions.removeValue(forKey: session.id) != nil else { return }
    if let network = session.connection.remoteAddress?.network, let count = networks[network] {
      networks[network] = count > 1 ? count - 1 : nil
    }
    hasArrivals = hasArrivals || isFull
    session.outbox = Outbox()
    session.endExchange()
    unfinished.remove(session.id)
    budget.forget(session.id)
  }

  /// Accepts nobody any more, and ends once everyone is answered, those included who have connected
  /// and may have sent a request while they waited to be accepted.
  func drain() {
    hasArrivals = true
    while hasArrivals { acceptArrivals() }
    listener = nil
    arrival = nil
    isDraining = true
    for session in sessions.values { session.connection.drain(at: now) }
    nextTick = now
  }

  /// Ends at once.
  func stop() { isStopping = true }

  // MARK: Moving bytes

  /// Goes on with the sessions that had to let others have their turn.
  private func finishTurns() {
    let turns = unfinished
    unfinished = []
    for id in turns {
      if let session = sessions[id] { pump(session) }
    }
  }

  /// Writes and reads as much as a session can and may.
  func pump(_ session: Session) {
    flush(session)
    var reads = 0
    while session.isReadable, session.connection.wantsInput {
      if session.connection.phase == .body, budget.isSpent {
        session.connection.setStarved(true, at: now)
        budget.wait(session.id)
        break
      }
      guard reads < Self.readsPerTurn else {
        unfinished.insert(session.id)
        break
      }
      reads += 1
      let count = session.read(into: &readBuffer)
      guard count > 0 else { break }
      perform(session.connection.receive(readBuffer[..<count], at: now), on: session)
      flush(session)
    }
    if session.connection.closesWhenQuiet, !session.isReadable {
      perform(session.connection.close(at: now), on: session)
    }
    if let deadline = session.connection.deadline { nextTick = min(nextTick, deadline) }
  }

  private func flush(_ session: Session) {
    while !session.outbox.isEmpty {
      let count = session.outbox.send(to: session.socket)
      guard count > 0 else { break }
      perform(session.connection.sent(count, at: now), on: session)
    }
    if session.connection.hasRoom { session.resumeWriters() }
  }

  private func feedStarved() {
    while let id = budget.next(isReading: { sessions[$0]?.connection.phase == .body }) {
      guard let session = sessions[id] else { continue }
      session.connection.setStarved(false, at: now)
      pump(session)
    }
  }

  // MARK: Acting

  /// Carries out a state machine's actions.
  func perform(_ actions: [Connection.Action], on session: Session) {
    for action in actions {
      switch action {
      case .admit(let head): admit(head, on: session)
      case .fail(let fault, let head): fail(fault, head, on: session)
      case .run(let request): start(request, on: session)
      case .send(let bytes): session.outbox.append(bytes)
      case .shutDownSending: session.socket.shutDownSending()
      case .close: remove(session)
      case .finished(let record):
        session.endExchange()
        handler.finished(record)
        freedMemory.noteBody(byteCount: record.requestBytes)
      }
    }
    budget.charge(session.connection.bufferedBytes - session.chargedBytes)
    session.chargedBytes = session.connection.bufferedBytes
  }

  func answer(_ response: Response, on session: Session) {
    let date = dateField.text()
    perform(session.connection.respond(response, dated: date, at: now), on: session)
    if session.task == nil { startStream(of: response, on: session) }
  }

  /// Has the handler word what this module found wrong; a head that could not be read has no number
  /// yet.
  private func fail(_ fault: Fault, _ head: RequestHead?, on session: Session) {
    let number = head?.number ?? number(session)
    answer(handler.response(to: fault, for: head, number: number), on: session)
  }

  /// Begins an exchange.
  private func number(_ session: Session) -> UInt64 {
    lastExchange += 1
    session.exchange = lastExchange
    session.connection.number(lastExchange)
    return lastExchange
  }

  private func admit(_ head: RequestHead, on session: Session) {
    var head = head
    head.number = number(session)
    settle(Result { try handler.admit(head) }, about: head, on: session)
  }
}
