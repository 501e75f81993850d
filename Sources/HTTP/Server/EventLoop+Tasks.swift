extension EventLoop {
  /// Starts the task that makes a deferred admission decision.
  func start(
    _ decision: @escaping Admission.Decision, about head: RequestHead,
    on connection: ServerConnection
  ) {
    let task = requestTask(for: connection, head)
    connection.task = Task { await task.decide(decision) }
  }

  /// Carries out an admission decision.
  func apply(
    _ result: Result<Admission, any Error>, about head: RequestHead, on connection: ServerConnection
  ) {
    switch result {
    case .success(.respond(let response)): answer(response, on: connection)
    case .success(.accept(let limit, let responder)):
      connection.responder = responder
      let limit = limit ?? configuration.maxBodyBytes
      perform(connection.state.accept(bodyLimit: limit, at: now), on: connection)
    case .success(.deferred(let decision)): start(decision, about: head, on: connection)
    case .failure(let error):
      answer(handler.response(to: error, for: head, number: head.number), on: connection)
    }
  }

  /// Starts the task that runs the responder with the whole request.
  func start(_ request: Request, on connection: ServerConnection) {
    guard let responder = connection.responder.take() else { return }
    let task = requestTask(for: connection, request.head)
    connection.task = Task { await task.answer(request, responder) }
  }

  /// Starts the task that produces the body of an immediate answer, if that is a stream.
  func startStream(of response: Response, on connection: ServerConnection) {
    guard case .stream = response.body, let head = connection.state.head else { return }
    let task = requestTask(for: connection, head)
    connection.task = Task { await task.produceBody(of: response) }
  }

  private func requestTask(for connection: ServerConnection, _ head: RequestHead) -> RequestTask {
    let id = CommandQueue.RequestID(connection: connection.id, request: connection.requestNumber)
    return RequestTask(head: head, id: id, handler: handler, commands: commands)
  }

  /// Carries out a command from another thread; one for a finished request is dropped.
  func perform(_ command: CommandQueue.Command) {
    switch command {
    case .perform(let body): body()
    case .drain: drain()
    case .stop: stop()
    case .admit(let id, let result):
      guard let connection = connection(for: id), let head = connection.state.head else {
        return
      }
      connection.task = nil
      apply(result, about: head, on: connection)
      pump(connection)
    case .interim(let id, let status):
      update(id) { $0.state.sendInterim(status, at: now) }
    case .respond(let id, let response):
      guard let connection = connection(for: id) else { return }
      answer(response, on: connection)
      pump(connection)
    case .write(let id, let piece, let writer):
      guard let connection = connection(for: id) else {
        return writer.resume(throwing: CancellationError())
      }
      connection.waitingWriters.append(writer)
      update(id) { $0.state.write(piece, at: now) }
    case .endStream(let id): update(id) { $0.state.endStream(at: now) }
    case .abort(let id): update(id) { $0.state.close(at: now) }
    }
  }

  private func connection(for id: CommandQueue.RequestID) -> ServerConnection? {
    guard let connection = connections[id.connection], connection.requestNumber == id.request
    else { return nil }
    return connection
  }

  /// Passes an event to a connection's state machine and carries out the actions it returns.
  private func update(
    _ id: CommandQueue.RequestID, _ tell: (ServerConnection) -> [ConnectionStateMachine.Action]
  ) {
    guard let connection = connection(for: id) else { return }
    perform(tell(connection), on: connection)
    pump(connection)
  }
}

/// The asynchronous part of answering one request, which runs off the event loop.
///
/// It sends its results to the loop as commands with the request's id; they are dropped if the
/// exchange is over.
struct RequestTask: Sendable {
  let head: RequestHead
  let id: CommandQueue.RequestID
  let handler: any Handler
  let commands: CommandQueue

  /// Makes a deferred admission decision.
  func decide(_ decision: Admission.Decision) async {
    let result: Result<Admission, any Error>
    do {
      result = .success(try await decision())
    } catch {
      result = .failure(error)
    }
    commands.enqueue(.admit(id, result))
  }

  /// Runs the responder and sends its response.
  func answer(_ request: Request, _ responder: Responder) async {
    let response: Response
    do {
      let exchange = Exchange { [commands, id] in commands.enqueue(.interim(id, $0)) }
      response = try await responder(request, exchange)
    } catch {
      response = handler.response(to: error, for: head, number: head.number)
    }
    commands.enqueue(.respond(id, response))
    await produceBody(of: response)
  }

  /// Runs the producer of a streamed body and sends its pieces.
  func produceBody(of response: Response) async {
    guard case .stream(let produce) = response.body else { return }
    let writer = BodyWriter { [commands, id] piece in
      try await withCheckedThrowingContinuation { continuation in
        if !commands.enqueue(.write(id, piece, continuation)) {
          continuation.resume(throwing: CancellationError())
        }
      }
    }
    do {
      if head.method != .head { try await produce(writer) }
      commands.enqueue(.endStream(id))
    } catch {
      commands.enqueue(.abort(id))
    }
  }
}
