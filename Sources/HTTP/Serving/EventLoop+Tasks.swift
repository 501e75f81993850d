extension EventLoop {
  /// Starts the task that decides about a request.
  func start(
    _ decision: @escaping Admission.Decision, about head: RequestHead,
    on connection: ServerConnection
  ) {
    let work = work(for: connection, head)
    connection.task = Task { await work.decide(decision) }
  }

  /// Carries out what was decided about a request.
  func settle(
    _ result: Result<Admission, any Error>, about head: RequestHead, on connection: ServerConnection
  ) {
    switch result {
    case .success(.respond(let response)): answer(response, on: connection)
    case .success(.accept(let limit, let responder)):
      connection.responder = responder
      let limit = limit ?? limits.bodyBytes
      perform(connection.state.accept(bodyLimit: limit, at: now), on: connection)
    case .success(.deferred(let decision)): start(decision, about: head, on: connection)
    case .failure(let error):
      answer(handler.response(to: error, for: head, number: head.number), on: connection)
    }
  }

  /// Starts the task that answers a whole request.
  func start(_ request: Request, on connection: ServerConnection) {
    guard let responder = connection.responder.take() else { return }
    let work = work(for: connection, request.head)
    connection.task = Task { await work.answer(request, responder) }
  }

  /// Starts the task that produces the body of an immediate answer, if that is a stream.
  func startStream(of response: Response, on connection: ServerConnection) {
    guard case .stream = response.body, let head = connection.state.head else { return }
    let work = work(for: connection, head)
    connection.task = Task { await work.produceBody(of: response) }
  }

  private func work(for connection: ServerConnection, _ head: RequestHead) -> RequestTask {
    let ticket = CommandQueue.Ticket(connection: connection.id, exchange: connection.exchange)
    return RequestTask(head: head, ticket: ticket, handler: handler, commands: commands)
  }

  /// Carries out what another thread asked for.
  func perform(_ command: CommandQueue.Command) {
    switch command {
    case .perform(let body): body()
    case .drain: drain()
    case .stop: stop()
    case .admit(let ticket, let result):
      guard let connection = connection(for: ticket), let head = connection.state.head else {
        return
      }
      connection.task = nil
      settle(result, about: head, on: connection)
      pump(connection)
    case .interim(let ticket, let status):
      update(ticket) { $0.state.sendInterim(status, at: now) }
    case .respond(let ticket, let response):
      guard let connection = connection(for: ticket) else { return }
      answer(response, on: connection)
      pump(connection)
    case .write(let ticket, let piece, let writer):
      guard let connection = connection(for: ticket) else {
        return writer.resume(throwing: CancellationError())
      }
      connection.writers.append(writer)
      update(ticket) { $0.state.write(piece, at: now) }
    case .endStream(let ticket): update(ticket) { $0.state.endStream(at: now) }
    case .abort(let ticket): update(ticket) { $0.state.close(at: now) }
    }
  }

  private func connection(for ticket: CommandQueue.Ticket) -> ServerConnection? {
    guard let connection = connections[ticket.connection], connection.exchange == ticket.exchange
    else { return nil }
    return connection
  }

  /// Tells a connection's state machine something, and does what it says.
  private func update(
    _ ticket: CommandQueue.Ticket, _ tell: (ServerConnection) -> [ConnectionStateMachine.Action]
  ) {
    guard let connection = connection(for: ticket) else { return }
    perform(tell(connection), on: connection)
    pump(connection)
  }
}
