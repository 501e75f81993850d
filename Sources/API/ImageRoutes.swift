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
  let model: ModelHolder
  let renders: RenderService
  let metrics: Metrics
  let memory: MemoryBudget
  let threads = DecodingThreads()

  /// Throws if the service cannot accept renders.
  func checkReadiness() throws {
    try authenticator.checkReadiness()
    _ = try model.rendering
  }

  /// True if the service accepts renders.
  var isReady: Bool { (try? checkReadiness()) != nil }

  /// Admits or refuses a request by its head, before its body is uploaded.
  func admit(_ head: RequestHead, to endpoint: Endpoint) throws -> Admission {
    let context = contexts.context(for: head.number) ?? RequestContext()
    return try authenticator.admit(head) { principal in
      context.update { $0.keyID = principal.keyID }
      return try accept(head, from: principal, to: endpoint, context)
    }
  }

  private func accept(
    _ head: RequestHead, from principal: Principal, to endpoint: Endpoint, _ context: RequestContext
  ) throws -> Admission {
    let rendering = try model.rendering
    let media = try MediaType(of: head, for: endpoint)
    let capabilities = model.capabilities
    let decoder = ImageRequestDecoder(
      payloads: PayloadReader(
        endpoint: endpoint, table: capabilities.table(for: endpoint), configuration: configuration),
      loras: capabilities.loras, rendering: rendering, memory: memory,
      waitSeconds: { [renders] in renders.waitSeconds(forNewJobOf: principal.keyID) })
    let dispatcher = RenderDispatcher(
      rendering: rendering, service: renders, configuration: configuration, metrics: metrics)
    let limit =
      endpoint == .edits ? configuration.editBodyBytes : configuration.generationBodyBytes
    return .accept(bodyLimit: limit) { request, exchange in
      let job = try await decode(request, context) { isDeparted in
        try decoder.decode(request, as: media, for: principal, isDeparted: isDeparted)
      }
      return try await answer(job, at: dispatcher, to: request.head, exchange, context)
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
      facts.size = "\(plan.size)"
      facts.stepCount = plan.request.stepCount
      facts.seed = plan.request.seed
      facts.referenceCount = plan.request.references.count
      facts.isStreamed = job.delivery.isStreamed
      facts.warnings = job.warnings.isEmpty ? nil : job.warnings.map(\.code)
      facts.prompt = configuration.logsPrompts ? plan.request.prompt : nil
    }
    return job
  }

  private func answer(
    _ job: RenderJob, at dispatcher: RenderDispatcher, to head: RequestHead, _ exchange: Exchange,
    _ context: RequestContext
  ) async throws -> Response {
    let response = ImageResponse(
      job: job, modelID: configuration.modelID,
      createdAt: Int(Date().timeIntervalSince1970))
    let events = dispatcher.dispatch(job, context: context)
    guard job.delivery.isStreamed else {
      let png = try await image(events, exchange, sendsProcessing: acceptsProcessing(head))
      return Response(
        .ok, headers: ["content-type": "application/json"],
        body: .bytes(response.answer(png).bytes())
      )
    }
    // A refusal must come before the stream begins, while it can still set the status.
    let first = try await events.read(firstEvent)
    let stream = ImageEventStream(
      response: response, pingSeconds: configuration.pingSeconds,
      requestID: contexts.id(of: head.number),
      context: context)
    return .events { try await stream.send(first, then: events, over: $0) }
  }

  private func firstEvent(of events: RenderEvents.Stream) async throws -> RenderEvent {
    for try await event in events { return event }
    throw CancellationError()
  }

  /// Waits for the image, and keeps the connection alive meanwhile.
  private func image(
    _ events: RenderEvents, _ exchange: Exchange, sendsProcessing: Bool
  ) async throws -> [UInt8] {
    try await withHeartbeat(every: configuration.processingSeconds) {
      if sendsProcessing { exchange.sendProcessing() }
    } _: {
      try await events.read { events in
        for try await case .finished(let png) in events { return png }
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
