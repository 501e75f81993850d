internal import FoundationEssentials
internal import HTTP
internal import Rendering
internal import Text

/// The endpoints that render.
struct ImageRoutes: Sendable {
  let configuration: ServiceConfiguration
  let gatekeeper: Gatekeeper
  let exchanges: ExchangeTable
  let model: ModelPlace
  let renders: RenderService
  let metrics: Metrics
  let memory: MemoryBudget
  let threads = ReadingThreads()

  /// Throws what keeps the service from taking renders.
  func checkReadiness() throws {
    try gatekeeper.checkReadiness()
    _ = try model.loaded()
  }

  /// Whether renders are taken.
  var isReady: Bool { (try? checkReadiness()) != nil }

  /// Decides about a request on its head alone, so that nobody uploads a body in vain.
  func admit(_ head: RequestHead, to endpoint: Endpoint) throws -> Admission {
    let notes = exchanges.notes(for: head.number) ?? ExchangeNotes()
    return try gatekeeper.admit(head) { caller in
      notes.update { $0.keyID = caller.keyID }
      return try accept(head, from: caller, to: endpoint, notes)
    }
  }

  private func accept(
    _ head: RequestHead, from caller: Caller, to endpoint: Endpoint, _ notes: ExchangeNotes
  ) throws -> Admission {
    let rendering = try model.loaded()
    let media = try MediaType(of: head, for: endpoint)
    let offer = model.offer
    let reader = OrderReader(
      payloads: PayloadReader(
        endpoint: endpoint, table: offer.table(for: endpoint), configuration: configuration),
      offer: offer, rendering: rendering, memory: memory,
      waitSeconds: { [renders] in renders.waitSeconds(forNewJobOf: caller.keyID) })
    let desk = RenderDesk(
      rendering: rendering, service: renders, configuration: configuration, metrics: metrics)
    let limit =
      endpoint == .edits ? configuration.editBodyBytes : configuration.generationBodyBytes
    return .accept(bodyLimit: limit) { request, exchange in
      let order = try await read(request, notes) { isDeparted in
        try reader.read(request, as: media, for: caller, isDeparted: isDeparted)
      }
      return try await answer(order, at: desk, to: request.head, exchange, notes)
    }
  }

  private func read(
    _ request: Request, _ notes: ExchangeNotes,
    _ body: @escaping @Sendable (@escaping @Sendable () -> Bool) throws -> RenderOrder
  ) async throws -> RenderOrder {
    let start = ContinuousClock.now
    let order = try await threads.run(body)
    notes.update { facts in
      facts.readSeconds = (ContinuousClock.now - start) / .seconds(1)
      facts.size = "\(order.plan.size)"
      facts.stepCount = order.plan.stepCount
      facts.seed = order.plan.seed
      facts.referenceCount = order.plan.references.count
      facts.isStreamed = order.delivery.isStreamed
      facts.warnings = order.warnings.isEmpty ? nil : order.warnings.map(\.code)
      facts.prompt = configuration.logsPrompts ? order.plan.prompt : nil
    }
    return order
  }

  private func answer(
    _ order: RenderOrder, at desk: RenderDesk, to head: RequestHead, _ exchange: Exchange,
    _ notes: ExchangeNotes
  ) async throws -> Response {
    let body = PictureBody(
      order: order, modelID: configuration.modelID,
      createdAt: Int(Date().timeIntervalSince1970),
      promptTokens: desk.rendering.tokenCount(of: order.plan.prompt))
    let course = desk.place(order, notes: notes)
    guard order.delivery.isStreamed else {
      let png = try await picture(course, exchange, sendsProcessing: survivesProcessing(head))
      return Response(
        .ok, headers: ["content-type": "application/json"], body: .bytes(body.answer(png).bytes))
    }
    // A refusal gets its status; once the stream has begun it could only be an event.
    let first = try await course.listen(firstEvent)
    let stream = PictureStream(
      body: body, pingSeconds: configuration.pingSeconds, requestID: exchanges.id(of: head.number),
      notes: notes)
    return .events { try await stream.send(first, then: course, over: $0) }
  }

  private func firstEvent(of events: RenderCourse.Events) async throws -> RenderEvent {
    for try await event in events { return event }
    throw CancellationError()
  }

  /// Waits for the picture.
  private func picture(
    _ course: RenderCourse, _ exchange: Exchange, sendsProcessing: Bool
  ) async throws -> [UInt8] {
    try await withHeartbeat(every: configuration.processingSeconds) {
      if sendsProcessing { exchange.sendProcessing() }
    } _: {
      try await course.listen { events in
        for try await case .finished(let png) in events { return png }
        throw CancellationError()
      }
    }
  }

  /// Interim responses break some HTTP clients, so only those known to take them get any.
  private func survivesProcessing(_ head: RequestHead) -> Bool {
    let language = (head.headers["x-stainless-lang"] ?? "").asciiLowercase
    return language == "python" || language == "js"
  }
}
