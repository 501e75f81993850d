/// What happens off the loop to answer one request.
///
/// What it has to say goes back as commands with its id, and is dropped if the exchange is over.
struct RequestTask: Sendable {
  let head: RequestHead
  let id: CommandQueue.RequestID
  let handler: any Handler
  let commands: CommandQueue

  /// Decides what becomes of the request.
  func decide(_ decision: Admission.Decision) async {
    let result: Result<Admission, any Error>
    do {
      result = .success(try await decision())
    } catch {
      result = .failure(error)
    }
    commands.enqueue(.admit(id, result))
  }

  /// Asks the responder and sends what it answers.
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

  /// Sends a stream's pieces as they come.
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
