import Accounts
import HTTP
import Rendering

/// The life of one request that renders: admitted, queued, rendered, charged, answered; or else refunded.
///
/// A request is charged exactly if its images are finished while someone waits for them. The charge comes
/// before the first byte of the answer; whoever loses the answer after that gets it again, without another
/// charge, by repeating the request.
struct RequestLife: Sendable {
  /// The account of a request on a service with keys.
  struct Account: Sendable {
    let node: ServingNode
    let request: AdmissionRequest
    /// The price of its images: nothing with a test key.
    let price: Money
    let settlementPatience: Duration
  }

  private let entrant: Metering.Entrant
  private let metrics: Metrics
  private let account: Account?

  /// - Parameter account: Nil if nothing is measured.
  init(_ entrant: Metering.Entrant, metrics: Metrics, account: Account? = nil) {
    self.entrant = entrant
    self.metrics = metrics
    self.account = account
  }

  /// Lives it to its end, and tells whoever listens.
  func run(as render: ActiveRender) async {
    do {
      guard let account else {
        return render.end(with: try await self.render(render))
      }
      let outcome = try await admit(to: account)
      render.send(.decided(outcome))
      guard case .admitted(let reservation, _) = outcome else { return render.end() }
      account.node.hold(reservation) { render.cancel() }
      do {
        let answer = try await self.render(render)
        try await settle(reservation, answer, account)
        account.node.release(reservation)
        render.end(with: answer)
      } catch {
        let isHeld = account.node.release(reservation)
        await refund(reservation, error, account)
        throw isHeld ? error : Self.reclaimed
      }
    } catch {
      render.end(throwing: error)
    }
  }

  /// Admits the request; a full queue refuses it before that costs anything.
  private func admit(to account: Account) async throws -> AdmissionOutcome {
    let store = account.node.store
    let node = try await account.node.identity
    if let early = try await store.look(at: account.request, on: node) { return early }
    try entrant.dispatcher.checkRoom(for: entrant.job.principal)
    return try await store.admit(account.request, on: node)
  }

  private func render(_ render: ActiveRender) async throws -> StoredAnswer {
    let files = try await entrant.dispatcher.run(entrant.job, entrant.context) { render.send($0) }
    // Whoever has left by now pays nothing.
    try Task.checkCancellation()
    return try await entrant.response.stored(files, as: account?.request.id ?? entrant.id)
  }

  /// Charges the images, whoever leaves meanwhile.
  private func settle(
    _ reservation: Reservation, _ answer: StoredAnswer, _ account: Account
  ) async throws {
    let patience = account.settlementPatience
    let facts = facts(status: answer.status)
    let settling = Task {
      try await asking(atMost: patience + Metering.timeout) {
        try await account.node.store.settle(
          reservation, images: account.request.imageCount, answer: answer, facts: facts,
          patience: patience)
      }
    }
    guard try await settling.value else { throw Self.reclaimed }
    metrics.record(charge: account.price)
    entrant.context.update { $0.charge = account.price }
  }

  /// Gives the price back; what the store cannot take now, it takes when the lease has run out.
  private func refund(
    _ reservation: Reservation, _ error: any Error, _ account: Account
  ) async {
    let reason = Self.reason(error)
    let facts = facts(status: Self.status(error))
    // This task may have been cancelled.
    let refunding = Task {
      try await asking(atMost: Metering.timeout) {
        try await account.node.store.refund(reservation, reason: reason, facts: facts)
      }
    }
    // One that was charged after all, or is refunded once its lease has run out, is not counted here.
    if (try? await refunding.value) == true { metrics.record(refund: reason) }
  }

  private static func reason(_ error: any Error) -> String {
    if error is CancellationError { return "cancelled" }
    return (APIError(mapping: error)?.code ?? .internalError).rawValue
  }

  /// The status of the answer; nil if nobody is there to get one.
  private static func status(_ error: any Error) -> Int? {
    if error is CancellationError { return nil }
    return (APIError(mapping: error)?.status ?? .internalServerError).code
  }

  private func facts(status: Int?) -> RequestFacts {
    let facts = entrant.context.facts
    return RequestFacts(
      status: status, queueSeconds: facts.queueSeconds, renderSeconds: facts.renderSeconds)
  }

  private static let reclaimed = APIError.unavailable(
    "the store was away for too long while this was rendered; it costs nothing, ask again")
}

extension ActiveRender {
  fileprivate func end(with answer: StoredAnswer) {
    send(.answered(answer))
    end()
  }
}
