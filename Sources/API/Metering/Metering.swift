import Accounts
import HTTP
import Hashing
import Rendering

/// Measures the requests that render, from their key to their answer.
///
/// 1. On its head, before the body is read, its limits are looked at (``preview(_:_:_:)``).
/// 2. Once it is decoded, ``enter(_:)`` admits it: one transaction looks at limits, cap and credit and
///    reserves the price. It is refused instead, or given a kept answer, or joined to the render that it
///    repeats.
/// 3. ``RequestLife`` renders it while its lease is renewed, and charges it before the first byte of the
///    answer; whatever else becomes of it, the price is given back.
///
/// On a service without keys nothing is admitted or charged, and every request is rendered for itself.
struct Metering: Sendable {
  /// A request that was decoded.
  struct Entrant: Sendable {
    let job: RenderJob
    let terms: RequestTerms
    /// Its id in the ledger.
    let id: String
    let dispatcher: RenderDispatcher
    let response: ImageResponse
    let context: RequestContext
  }

  /// The way in which a request gets its answer.
  enum Entry: Sendable {
    /// By a render: its own, or that of the request that it repeats.
    case render(ActiveRender.Listener)
    /// At once: the request that it repeats has ended.
    case kept(StoredAnswer)
  }

  /// The longest time that a request waits for the store before it renders.
  static let timeout = Duration.seconds(5)
  /// Attempts at admission: the request that this one repeats may end at any moment.
  private static let attemptCount = 4
  private static let attemptPause = Duration.milliseconds(100)

  /// This process in the store; nil on a service without keys.
  let node: ServingNode?
  /// The lowest price of an image, by which requests are looked at before their model is known.
  let lowestPrice: Money
  /// The time that a finished render waits for a store that fails.
  let settlementPatience: Duration
  let metrics: Metrics
  let renders = ActiveRenders()

  /// Refuses a request by its head if its body need not be read.
  func preview(
    _ principal: Principal, _ terms: RequestTerms, _ context: RequestContext
  ) async throws {
    guard let refusal = try await look(principal, terms.idempotencyKey, context) else { return }
    throw APIError(refusal)
  }

  /// Refuses whoever may ask for nothing, and tells the others their limits.
  func visit(_ principal: Principal, _ context: RequestContext) async throws {
    guard let refusal = try await look(principal, nil, context),
      [.unauthenticated, .accountSuspended].contains(refusal.reason)
    else { return }
    throw APIError(refusal)
  }

  private func look(
    _ principal: Principal, _ idempotencyKey: String?, _ context: RequestContext
  ) async throws -> Refusal? {
    guard let node, let key = principal.key else { return nil }
    let (refusal, figures) = try await asking(atMost: Self.timeout) { [lowestPrice] in
      try await node.store.preview(key, price: lowestPrice, idempotencyKey: idempotencyKey)
    }
    context.update { $0.rateLimit = figures }
    return refusal
  }

  /// Admits a request.
  /// - Throws: `APIError` if it is refused; `storeUnavailable`.
  func enter(_ entrant: Entrant) async throws -> Entry {
    guard let node, let key = entrant.job.principal.key else {
      return .render(try begin(RequestLife(entrant, metrics: metrics), as: ActiveRender()))
    }
    let price = entrant.job.model.price
    for attempt in 1...Self.attemptCount {
      var request = AdmissionRequest(
        id: attempt == 1 ? entrant.id : "\(entrant.id)-\(attempt)", key: key,
        endpoint: entrant.job.endpoint.path, unitPrice: price,
        fingerprint: entrant.job.fingerprint.bytes, retry: entrant.terms.retry)
      request.imageCount = entrant.job.render.plan.imageCount
      let life = RequestLife(
        entrant, metrics: metrics,
        account: RequestLife.Account(
          node: node, request: request,
          price: try key.mode == .live ? price.times(request.imageCount) : .zero,
          settlementPatience: settlementPatience))
      if let entry = try await enter(life, request.id, entrant) { return entry }
      try await Task.sleep(for: Self.attemptPause)
    }
    throw APIError.stillInProgress
  }

  /// Makes one attempt; nil if what the request repeats has just ended.
  private func enter(
    _ life: RequestLife, _ id: String, _ entrant: Entrant
  ) async throws -> Entry? {
    let context = entrant.context
    let render = renders.add(id, entrant.job)
    let listener = try begin(life, as: render) { [renders] in renders.remove(id) }
    let outcome = try await decision(listener)
    metrics.record(outcome)
    context.update { $0.rateLimit = outcome.rateLimit ?? $0.rateLimit }
    switch outcome {
    case .admitted: return .render(listener)
    case .refused(let refusal, _): throw APIError(refusal)
    case .replayed(let answer, _):
      context.update { $0.repeatedID = answer.request }
      return .kept(answer)
    case .joined(let other, _):
      guard let render = renders[other] else { return nil }
      guard let joined = render.listen() else {
        await render.waitUntilEnded()
        return nil
      }
      context.update { $0.repeatedID = other }
      return .render(joined)
    }
  }

  private func decision(_ listener: ActiveRender.Listener) async throws -> AdmissionOutcome {
    do {
      let first = try await asking(atMost: Self.timeout) { try await listener.next() }
      guard case .decided(let outcome) = first else { throw CancellationError() }
      return outcome
    } catch {
      listener.leave()
      throw error
    }
  }

  /// Begins the life of a request, with the client that asked as its first listener.
  private func begin(
    _ life: RequestLife, as render: ActiveRender, atEnd: @escaping @Sendable () -> Void = {}
  ) throws -> ActiveRender.Listener {
    guard let listener = render.listen() else { throw CancellationError() }
    render.start { render in
      await life.run(as: render)
      atEnd()
    }
    return listener
  }
}

extension AdmissionOutcome {
  /// The figures of the key's requests a minute.
  fileprivate var rateLimit: RateLimit? {
    switch self {
    case .admitted(_, let figures), .replayed(_, let figures), .joined(_, let figures): figures
    case .refused(_, let figures): figures
    }
  }
}
