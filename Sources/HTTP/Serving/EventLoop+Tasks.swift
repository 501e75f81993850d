extension EventLoop {
  /// Starts the task that decides about a request.
  func start(_ decision: @escaping Admission.Decision, about head: RequestHead, on session: Session)
  {
    let work = work(for: session, head)
    session.task = Task { await work.decide(decision) }
  }

  /// Carries out what was decided about a request.
  func settle(
    _ result: Result<Admission, any Error>, about head: RequestHead, on session: Session
  ) {
    switch result {
    case .success(.respond(let response)): answer(response, on: session)
    case .success(.accept(let limit, let responder)):
      session.responder = responder
      let limit = limit ?? limits.bodyBytes
      perform(session.connection.accept(bodyLimit: limit, at: now), on: session)
    case .success(.deferred(let decision)): start(decision, about: head, on: session)
    case .failure(let error):
      answer(handler.response(to: error, for: head, number: head.number), on: session)
    }
  }

  /// Starts the task that answers a whole request.
  func start(_ request: Request, on session: Session) {
    guard let responder = session.responder.take() else { return }
    let work = work(for: session, request.head)
    session.task = Task { await work.answer(request, responder) }
  }

  /// Starts the task that produces the body of an immediate answer, if that is a stream.
  func startStream(of response: Response, on session: Session) {
    guard case .stream = response.body, let head = session.connection.head else { return }
    let work = work(for: session, head)
    session.task = Task { await work.produceBody(of: response) }
  }

  private func work(for session: Session, _ head: RequestHead) -> ExchangeWork {
    let ticket = Mailbox.Ticket(connection: session.id, exchange: session.exchange)
    return ExchangeWork(head: head, ticket: ticket, handler: handler, mailbox: mailbox)
  }

  /// Carries out what another thread asked for.
  func perform(_ command: Mailbox.Command) {
    switch command {
    case .perform(let body): body()
    case .drain: drain()
    case .stop: stop()
    case .admit(let ticket, let result):
      guard let session = session(for: ticket), let head = session.connection.head else { return }
      session.task = nil
      settle(result, about: head, on: session)
      pump(session)
    case .interim(let ticket, let status):
      update(ticket) { $0.connection.sendInterim(status, at: now) }
    case .respond(let ticket, let response):
      guard let session = session(for: ticket) else { return }
      answer(response, on: session)
      pump(session)
    case .write(let ticket, let piece, let writer):
      guard let session = session(for: ticket) else {
        return writer.resume(throwing: CancellationError())
      }
      session.writers.append(writer)
      update(ticket) { $0.connection.write(piece, at: now) }
    case .endStream(let ticket): update(ticket) { $0.connection.endStream(at: now) }
    case .abort(let ticket): update(ticket) { $0.connection.close(at: now) }
    }
  }

  private func session(for ticket: Mailbox.Ticket) -> Session? {
    guard let session = sessions[ticket.connection], session.exchange == ticket.exchange
    else { return nil }
    return session
  }

  /// Tells a session's state machine something, and does what it says.
  private func update(_ ticket: Mailbox.Ticket, _ tell: (Session) -> [Connection.Action]) {
    guard let session = session(for: ticket) else { return }
    perform(tell(session), on: session)
    pump(session)
  }
}
