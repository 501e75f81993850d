internal import HTTP
internal import Imaging
internal import Rendering
internal import Text

/// Turns a request's body into an order: parameters, images, plan.
///
/// That takes up to a second for large images, so it runs on threads of its own.
struct ImageRequestDecoder: Sendable {
  let payloads: PayloadReader
  let offer: Offer
  let rendering: any ImageRendering
  let memory: MemoryBudget
  /// Estimated seconds until a render of the caller's would start: some memory is free by then.
  let waitSeconds: @Sendable () -> Double

  private var configuration: ServiceConfiguration { payloads.configuration }

  /// Reads a whole request.
  /// - Parameter isDeparted: Whether the client has left; asked now and then.
  func read(
    _ request: Request, as media: MediaType, for principal: Principal,
    isDeparted: @escaping @Sendable () -> Bool
  ) throws -> RenderJob {
    let payload = try payloads.read(request, as: media, isDeparted: isDeparted)
    var (renderRequest, reservations) = (payload.request, [MemoryBudget.Reservation]())
    renderRequest.warnings += Self.queryWarnings(request.head.target)
    for image in try open(payload) {
      if isDeparted() { throw CancellationError() }
      let (image, reservation) = try decode(image)
      renderRequest.add(image)
      reservations.append(reservation)
    }
    let render = try rendering.prepare(plan(of: renderRequest, images: payload.imageParameter))
    reservations.append(try reserve(for: render))
    return RenderJob(
      render, at: payloads.endpoint, delivery: payload.delivery, for: principal,
      holding: reservations)
  }

  /// Reads every image's header, so that what is wrong with the last one costs no pixels of the first.
  private func open(_ payload: ImagePayload) throws(APIError) -> [OpenedImage] {
    var images: [OpenedImage] = []
    for (index, image) in payload.images.enumerated() {
      images.append(try open(image, parameter: payload.imageParameter, number: index + 1))
    }
    try check(images)
    return images
  }

  /// Checks and completes a request; what is wrong with an image is said of the field it came in.
  private func plan(of request: RenderRequest, images parameter: String) throws -> RenderPlan {
    do {
      return try request.validated(
        under: configuration.limits, registry: offer.loras, defaults: offer.defaults)
    } catch let error where error.code == .invalidImage {
      throw APIError(.invalidImage, parameter: parameter, error.message)
    }
  }

  /// What to say of parameters that stand in the path; `api-version` is what Azure's clients put there.
  private static func queryWarnings(_ target: RequestTarget) -> [RenderWarning] {
    let items = target.query.filter { $0.name != "api-version" }
    guard let first = items.first else { return [] }
    return [
      RenderWarning(
        .parameterIgnored,
        "`\(first.name)` in the query has no effect: parameters belong into the body")
    ]
  }

  private static func byteCount(of images: [Raster]) -> Int {
    images.reduce(0) { $0 + $1.pixels.count }
  }

  /// Memory for a render; one that could never fit beside its own images is refused for good.
  private func reserve(
    for render: PreparedRender
  ) throws(APIError) -> MemoryBudget.Reservation {
    let images = Self.byteCount(of: render.plan.references)
    let needed = render.activationByteCount
    guard needed <= memory.byteCount - images else {
      throw .invalid(
        "size",
        "this image would take \((needed + images) >> 20) MB of memory; at most "
          + "\(memory.byteCount >> 20) are allowed here, so ask for a smaller size or fewer images")
    }
    guard let reservation = memory.reserve(needed, for: .render) else {
      throw .busy(
        "there is no memory for another render just now", retryAfterSeconds: waitSeconds())
    }
    return reservation
  }
}
