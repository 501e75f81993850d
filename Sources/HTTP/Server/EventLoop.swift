/// Waits for sockets and commands, feeds the connections' state machines and carries out their actions.
///
/// It runs on one thread. Only `epoll` waits; everything else returns quickly.
final class EventLoop {
  private static let listenerID: UInt64 = 0
  private static let commandsID: UInt64 = 1
  private static let readBytes = 64 << 10
  /// The reads from one socket before the others get their turn.
  private static let readsPerTurn = 16
  private static let acceptsPerTurn = 64
  /// The precision of deadlines: all connections are searched for due ones at most this often.
  private static let tickInterval = Duration.milliseconds(50)

  let handler: any Handler
  let configuration: ServerConfiguration
  let commands: CommandQueue
  private var listener: Listener?
  private var epoll: Epoll
  var connections: [UInt64: ServerConnection] = [:]
  /// The open connections of each client, an IPv4 address or an IPv6 /64.
  var connectionsPerNetwork: [IPAddress: Int] = [:]
  private var lastID = EventLoop.commandsID
  private var lastRequestNumber: UInt64 = 0
  private var isStopping = false
  private var isDraining = false
  /// True if connections may be waiting in the listener's backlog.
  private var listenerIsReadable = true
  /// True if there was no room for a connection; retried when one closes, and once a second because
  /// file descriptors may have become free elsewhere in the process.
  private var isFull = false
  /// A connection that was accepted when there was no room for it.
  private var pendingConnection: Listener.AcceptResult?
  /// Connections with more to read than `readsPerTurn` allowed.
  private var interruptedReads: Set<UInt64> = []
  private var budget: BodyBudget
  private var nextTick = ContinuousClock.now
  private var readBuffer = [UInt8](repeating: 0, count: EventLoop.readBytes)
  private var dateCache = DateCache()
  private let mallocTrimmer = MallocTrimmer()
  var now = ContinuousClock.now

  init(
    listener: Listener, commands: CommandQueue, handler: any Handler,
    configuration: ServerConfiguration
  ) throws(HTTPError) {
    self.listener = listener
    self.commands = commands
    self.handler = handler
    self.configuration = configuration
    budget = BodyBudget(limit: configuration.maxBufferedBytes)
    epoll = try Epoll()
    try epoll.add(listener.descriptor, id: Self.listenerID)
    try epoll.add(commands.wake, id: Self.commandsID)
  }

  /// Serves until it is stopped, or draining and without connections.
  func run() {
    while !isStopping && !(isDraining && connections.isEmpty) {
      let events = epoll.wait(milliseconds: waitMilliseconds())
      now = ContinuousClock.now
      for command in commands.dequeueAll() { perform(command) }
      for event in events { handle(event) }
      resumeReads()
      resumeStarvedBodies()
      tick()
      if listenerIsReadable { acceptConnections() }
    }
    listener = nil
    for connection in connections.values {
      perform(connection.state.close(at: now), on: connection)
    }
    for case .write(_, _, let writer) in commands.close() {
      writer.resume(throwing: CancellationError())
    }
  }

  // MARK: Waiting

  private func waitMilliseconds() -> Int32 {
    guard interruptedReads.isEmpty, !listenerIsReadable else { return 0 }
    guard !connections.isEmpty || isFull else { return -1 }
    let wait = max(.zero, now.duration(to: nextTick))
    return Int32(min(wait / .milliseconds(1), 1000)) + 1
  }

  private func handle(_ event: Epoll.Event) {
    switch event.id {
    case Self.listenerID: listenerIsReadable = true
    case Self.commandsID: break
    default:
      guard let connection = connections[event.id] else { return }
      guard !event.hasHungUp else {
        return perform(connection.state.close(at: now), on: connection)
      }
      if event.isReadable { connection.isReadable = true }
      pump(connection)
    }
  }

  /// Acts on the deadlines that have passed and computes the next.
  private func tick() {
    guard now >= nextTick else { return }
    listenerIsReadable = listenerIsReadable || isFull
    isFull = false
    var next = now + .seconds(1)
    for connection in connections.values {
      guard let deadline = connection.state.deadline else { continue }
      if deadline <= now, !budget.keepsWaiting(connection.id) {
        budget.remove(connection.id)
        perform(connection.state.tick(at: now), on: connection)
        pump(connection)
      }
      next = min(next, connection.state.deadline ?? next)
    }
    nextTick = max(next, now + Self.tickInterval)
  }

  // MARK: Accepting and closing

  private func acceptConnections() {
    for _ in 0..<Self.acceptsPerTurn {
      let next = pendingConnection ?? listener?.accept() ?? .none
      pendingConnection = nil
      switch next {
      case .connection(_, let remote) where !makeRoom(for: remote): continue
      case .connection(let socket, let remote) where makeRoom():
        open(socket, from: remote)
      case .exhausted where evictConnections(among: connections.values): continue
      case .connection, .exhausted:
        pendingConnection = if case .connection = next { next } else { nil }
        isFull = true
        listenerIsReadable = false
        return
      case .none:
        listenerIsReadable = false
        return
      }
    }
  }

  private func open(_ socket: FileDescriptor, from remote: RemoteAddress) {
    lastID += 1
    let state = ConnectionStateMachine(configuration: configuration, from: remote, at: now)
    let connection = ServerConnection(id: lastID, socket: socket, state: state)
    guard (try? epoll.add(socket, id: lastID)) != nil else { return }
    connections[lastID] = connection
    if let network = remote.network { connectionsPerNetwork[network, default: 0] += 1 }
    pump(connection)
  }

  private func remove(_ connection: ServerConnection) {
    guard connections.removeValue(forKey: connection.id) != nil else { return }
    if let network = connection.state.remoteAddress?.network,
      let count = connectionsPerNetwork[network]
    {
      connectionsPerNetwork[network] = count > 1 ? count - 1 : nil
    }
    listenerIsReadable = listenerIsReadable || isFull
    connection.writeBuffer = WriteBuffer()
    connection.endExchange()
    interruptedReads.remove(connection.id)
    budget.remove(connection.id)
  }

  /// Stops accepting, and ends once every connection is answered.
  ///
  /// Connections in the backlog are accepted first, since they may have sent a request already.
  func drain() {
    listenerIsReadable = true
    while listenerIsReadable { acceptConnections() }
    listener = nil
    pendingConnection = nil
    isDraining = true
    for connection in connections.values { connection.state.drain(at: now) }
    nextTick = now
  }

  /// Makes `run` return after this turn.
  func stop() { isStopping = true }

  // MARK: Reading and writing

  /// Continues with the connections whose reads were interrupted.
  private func resumeReads() {
    let turns = interruptedReads
    interruptedReads = []
    for id in turns {
      if let connection = connections[id] { pump(connection) }
    }
  }

  /// Writes and reads as much as the socket and the state machine allow.
  func pump(_ connection: ServerConnection) {
    flush(connection)
    var reads = 0
    while connection.isReadable, connection.state.wantsInput {
      if connection.state.phase == .body, budget.isExhausted {
        connection.state.setStarved(true, at: now)
        budget.enqueue(connection.id)
        break
      }
      guard reads < Self.readsPerTurn else {
        interruptedReads.insert(connection.id)
        break
      }
      reads += 1
      let count = connection.read(into: &readBuffer)
      guard count > 0 else { break }
      perform(connection.state.receive(readBuffer[..<count], at: now), on: connection)
      flush(connection)
    }
    if connection.state.closesWhenInputEnds, !connection.isReadable {
      perform(connection.state.close(at: now), on: connection)
    }
    if let deadline = connection.state.deadline { nextTick = min(nextTick, deadline) }
  }

  private func flush(_ connection: ServerConnection) {
    while !connection.writeBuffer.isEmpty {
      let count = connection.writeBuffer.send(to: connection.socket)
      guard count > 0 else { break }
      perform(connection.state.sent(count, at: now), on: connection)
    }
    if connection.state.hasRoom { connection.resumeWaitingWriters() }
  }

  private func resumeStarvedBodies() {
    while let id = budget.next(isReading: { connections[$0]?.state.phase == .body }) {
      guard let connection = connections[id] else { continue }
      connection.state.setStarved(false, at: now)
      pump(connection)
    }
  }

  // MARK: Actions

  /// Carries out the actions of a connection's state machine.
  func perform(_ actions: [ConnectionStateMachine.Action], on connection: ServerConnection) {
    for action in actions {
      switch action {
      case .admit(let head): admit(head, on: connection)
      case .fail(let error, let head): fail(error, head, on: connection)
      case .run(let request): start(request, on: connection)
      case .send(let bytes): connection.writeBuffer.append(bytes)
      case .shutDownSending: connection.socket.shutDownSending()
      case .close: remove(connection)
      case .finished(let record):
        connection.endExchange()
        handler.finished(record)
        mallocTrimmer.noteBody(byteCount: record.requestBytes)
      }
    }
    budget.charge(connection.state.bufferedBytes - connection.chargedBytes)
    connection.chargedBytes = connection.state.bufferedBytes
  }

  func answer(_ response: Response, on connection: ServerConnection) {
    let date = dateCache.text()
    perform(connection.state.respond(response, dated: date, at: now), on: connection)
    if connection.task == nil { startStream(of: response, on: connection) }
  }

  /// Answers an error that this module found; a head that could not be read has no number yet.
  private func fail(_ error: HTTPError, _ head: RequestHead?, on connection: ServerConnection) {
    let number = head?.number ?? beginExchange(on: connection)
    answer(handler.response(to: error, for: head, number: number), on: connection)
  }

  /// Begins an exchange and returns its number.
  private func beginExchange(on connection: ServerConnection) -> UInt64 {
    lastRequestNumber += 1
    connection.requestNumber = lastRequestNumber
    connection.state.beginExchange(number: lastRequestNumber)
    return lastRequestNumber
  }

  private func admit(_ head: RequestHead, on connection: ServerConnection) {
    var head = head
    head.number = beginExchange(on: connection)
    apply(Result { try handler.admit(head) }, about: head, on: connection)
  }
}
