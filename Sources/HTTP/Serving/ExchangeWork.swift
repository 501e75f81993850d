/// What happens off the loop to answer one request.
///
/// What it has to say goes back as commands with its ticket, and is dropped if the exchange is over.
struct ExchangeWork: Sendable {
  let head: RequestHead
  let ticket: Mailbox.Ticket
  let handler: any Handler
  let mailbox: Mailbox

  /// Decides what becomes of the request.
  func decide(_ decision: Admission.Decision) async {
    let result: Result<Admission, any Error>
    do {
      result = .success(try await decision())
    } catch {
      result = .failure(error)
    }
    mailbox.post(.admit(ticket, result))
  }

  /// Asks the responder and sends what it answers.
  func answer(_ request: Request, _ responder: Responder) async {
    let response: Response
    do {
      let exchange = Exchange { [mailbox, ticket] in mailbox.post(.interim(ticket, $0)) }
      response = try await responder(request, exchange)
    } catch {
      response = handler.response(to: error, for: head, number: head.number)
    }
    mailbox.post(.respond(ticket, response))
    await produceBody(of: response)
  }

  /// Sends a stream's pieces as they come.
  func produceBody(of response: Response) async {
    guard case .stream(let produce) = response.body else { return }
    let writer = BodyWriter { [mailbox, ticket] piece in
      try await withCheckedThrowingContinuation { continuation in
        if !mailbox.post(.write(ticket, piece, continuation)) {
          continuation.resume(throwing: CancellationError())
        }
      }
    }
    do {
      if head.method != .head { try await produce(writer) }
      mailbox.post(.endStream(ticket))
    } catch {
      mailbox.post(.abort(ticket))
    }
  }
}
