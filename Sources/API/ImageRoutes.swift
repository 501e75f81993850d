import Accounts
import Flux2
import FoundationEssentials
import HTTP
import JSON
import Rendering
import Text

/// The endpoints that render.
struct ImageRoutes: Sendable {
  let configuration: ServiceConfiguration
  let authenticator: Authenticator
  let contexts: RequestContextStore
  let models: ServedModels
  let renders: RenderService
  let metrics: Metrics
  let metering: Metering
  let memory: MemoryBudget
  let threads = DecodingThreads()

  /// Throws if the service cannot accept renders.
  func checkReadiness() throws {
    try authenticator.checkReadiness()
    try metering.node?.checkReadiness()
    _ = try models.first.rendering
  }

  /// True if the service accepts renders.
  var isReady: Bool { trouble == nil }

  /// Why the service does not accept renders, for operators; nil if it does.
  var trouble: String? {
    do {
      try checkReadiness()
      return nil
    } catch {
      return (error as? AccountsError)?.message ?? APIError(mapping: error)?.message ?? "\(error)"
    }
  }

  /// Admits or refuses a request by its head, before its body is uploaded.
  func admit(_ head: RequestHead, to endpoint: Endpoint) throws -> Admission {
    let context = contexts.context(for: head.number) ?? RequestContext()
    return try authenticator.admit(head) { principal in
      context.update { $0.keyID = principal.keyID }
      let terms: RequestTerms
      do {
        terms = try RequestTerms(head)
      } catch {
        // Whoever may ask for nothing is told that first, and the others their limits with the fault.
        try await metering.visit(principal, context)
        throw error
      }
      try await metering.preview(principal, terms, context)
      return try accept(head, from: principal, on: terms, to: endpoint, context)
    }
  }

  private func accept(
    _ head: RequestHead, from principal: Principal, on terms: RequestTerms, to endpoint: Endpoint,
    _ context: RequestContext
  ) throws -> Admission {
    _ = try models.first.rendering
    let media = try MediaType(of: head, for: endpoint)
    let decoder = ImageRequestDecoder(
      payloads: PayloadReader(endpoint: endpoint, models: models),
      requiresPlainBase64: configuration.requiresPlainBase64, memory: memory,
      waitSeconds: { [renders] in renders.waitSeconds(forNewJobOf: principal.keyID) })
    let dispatcher = RenderDispatcher(
      service: renders, configuration: configuration, metrics: metrics)
    let limit =
      endpoint == .edits ? configuration.editBodyBytes : configuration.generationBodyBytes
    return .accept(bodyLimit: limit) { request, exchange in
      let job = try await decode(request, context) { isDeparted in
        try decoder.decode(request, as: media, for: principal, isDeparted: isDeparted)
      }
      let entrant = Metering.Entrant(
        job: job, terms: terms, id: contexts.ownID(of: request.head.number),
        dispatcher: dispatcher,
        response: ImageResponse(
          job: job, folder: configuration.imageFolder,
          createdAt: Int(Date().timeIntervalSince1970)),
        context: context)
      switch try await metering.enter(entrant) {
      case .kept(let answer): return Response(answer)
      case .render(let events):
        return try await answer(entrant, events, to: request.head, exchange)
      }
    }
  }

  /// Decodes a request off Swift's cooperative threads, and records its facts.
  private func decode(
    _ request: Request, _ context: RequestContext,
    _ body: @escaping @Sendable (@escaping @Sendable () -> Bool) throws -> RenderJob
  ) async throws -> RenderJob {
    let start = ContinuousClock.now
    let job = try await threads.run(body)
    context.update { facts in
      facts.readSeconds = (ContinuousClock.now - start) / .seconds(1)
      let plan = job.render.plan
      facts.model = models.all.count == 1 ? nil : job.model.id
      facts.size = "\(plan.size)"
      facts.stepCount = plan.request.stepCount
      facts.seed = plan.request.seed
      facts.referenceCount = plan.request.references.count
      facts.imageCount = plan.imageCount == 1 ? nil : plan.imageCount
      facts.isStreamed = job.delivery.isStreamed
      facts.warnings = job.warnings.isEmpty ? nil : job.warnings.map(\.code)
      facts.prompt = configuration.logsPrompts ? plan.request.prompt : nil
    }
    return job
  }

  private func answer(
    _ entrant: Metering.Entrant, _ events: ActiveRender.Listener, to head: RequestHead,
    _ exchange: Exchange
  ) async throws -> Response {
    guard entrant.job.delivery.isStreamed else {
      return Response(
        try await answer(of: events, exchange, sendsProcessing: acceptsProcessing(head)))
    }
    // A refusal must come before the stream begins, while it can still set the status.
    let first = try await events.read(firstEvent)
    let stream = ImageEventStream(
      response: entrant.response, pingSeconds: configuration.pingSeconds,
      requestID: contexts.id(of: head.number), context: entrant.context)
    return .events { try await stream.send(first, then: events, over: $0) }
  }

  /// Returns the first event after the decision.
  private func firstEvent(of events: ActiveRender.Events) async throws -> RenderEvent {
    for try await event in events {
      if case .decided = event { continue }
      return event
    }
    throw CancellationError()
  }

  /// Waits for the answer, and keeps the connection alive meanwhile.
  private func answer(
    of events: ActiveRender.Listener, _ exchange: Exchange, sendsProcessing: Bool
  ) async throws -> StoredAnswer {
    try await withHeartbeat(every: configuration.processingSeconds) {
      if sendsProcessing { exchange.sendProcessing() }
    } _: {
      try await events.read { events in
        for try await case .answered(let answer) in events { return answer }
        throw CancellationError()
      }
    }
  }

  /// Returns whether the client copes with interim responses, which break some HTTP clients.
  private func acceptsProcessing(_ head: RequestHead) -> Bool {
    let language = (head.headers["x-stainless-lang"] ?? "").asciiLowercase
    return language == "python" || language == "js"
  }
}

extension Response {
  /// A finished answer; of a stream, its last event.
  fileprivate init(_ answer: StoredAnswer) {
    var headers: Headers = [:]
    if EventStream.contentType.equals(answer.contentType) { headers = EventStream.headers }
    headers["content-type"] = ByteString(answer.contentType)
    self.init(Status(answer.status), headers: headers, body: .bytes(answer.body))
  }
}
