internal import HTTP
internal import Imaging
internal import Rendering
internal import Text

/// Turns a request's body into an order: parameters, images, plan.
///
/// That takes up to a second for large images, so it runs on threads of its own.
struct OrderReader: Sendable {
  /// Of a picture that has been decoded: RGB.
  private static let bytesPerPixel = 3

  let payloads: PayloadReader
  let offer: Offer
  let rendering: any ImageRendering
  let memory: MemoryBudget

  private var configuration: ServiceConfiguration { payloads.configuration }

  /// Reads a whole request.
  /// - Parameter isDeparted: Whether the client has left; asked now and then.
  func read(
    _ request: Request, as media: MediaType, for caller: Caller,
    isDeparted: @escaping @Sendable () -> Bool
  ) throws -> RenderOrder {
    let payload = try payloads.read(request, as: media, isDeparted: isDeparted)
    var (renderRequest, reservations) = (payload.request, [MemoryBudget.Reservation]())
    renderRequest.warnings += Self.queryWarnings(request.head.target)
    for (index, image) in payload.images.enumerated() {
      if isDeparted() { throw CancellationError() }
      let (decoded, reservation) = try decode(
        image, parameter: payload.imageParameter, number: index + 1,
        besides: Self.byteCount(of: renderRequest.references))
      renderRequest.references.append(decoded.raster)
      renderRequest.warnings += decoded.warnings(number: index + 1)
      reservations.append(reservation)
    }
    let plan = try plan(of: renderRequest, images: payload.imageParameter)
    let warnings = rendering.warnings(about: plan)
      .merging(payload.delivery.warnings(stepCount: plan.remainingStepCount))
    reservations.append(try reserve(for: plan))
    return RenderOrder(
      endpoint: payloads.endpoint, plan: plan, warnings: warnings, delivery: payload.delivery,
      caller: caller, reservations: reservations)
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

  private func decode(
    _ image: EncodedImage, parameter: String, number: Int, besides heldBytes: Int
  ) throws -> (DecodedImage, MemoryBudget.Reservation) {
    let bytes = try image.bytes(
      parameter: parameter, number: number,
      requiresPlainBase64: configuration.requiresPlainBase64, byteLimit: ImageLimits().byteCount)
    do {
      let header = try ImageDecoder.header(bytes)
      let byteCount = header.width * header.height * Self.bytesPerPixel
      // As much again for whatever a decoder needs.
      let needed = heldBytes + 2 * byteCount
      guard needed <= memory.byteCount else {
        throw APIError(
          .imageTooLarge, parameter: parameter,
          "with image \(number) the images would take \(needed >> 20) MB of memory; at most "
            + "\(memory.byteCount >> 20) are allowed here")
      }
      let kept = try reserve(byteCount)
      let scratch = try reserve(byteCount)
      defer { withExtendedLifetime(scratch) {} }
      return (try ImageDecoder.image(bytes), kept)
    } catch let error as ImagingError {
      throw APIError(error, parameter: parameter, number: number)
    }
  }

  /// What to say of parameters that stand in the path; `api-version` is what Azure's clients put there.
  private static func queryWarnings(_ target: Target) -> [RenderWarning] {
    let items = target.query.filter { $0.name != "api-version" }
    guard let first = items.first else { return [] }
    return [
      RenderWarning(
        .parameterIgnored,
        "`\(first.name)` in the query has no effect: parameters belong into the body")
    ]
  }

  private static func byteCount(of pictures: [Raster]) -> Int {
    pictures.reduce(0) { $0 + $1.pixels.count }
  }

  /// Memory for a picture.
  private func reserve(_ byteCount: Int) throws(APIError) -> MemoryBudget.Reservation {
    guard let reservation = memory.reserve(byteCount, for: .picture) else {
      throw .busy("there is no memory for more images just now", retryAfterSeconds: 5)
    }
    return reservation
  }

  /// Memory for a render; one that could never fit beside its own pictures is refused for good.
  private func reserve(for plan: RenderPlan) throws(APIError) -> MemoryBudget.Reservation {
    let pictures = Self.byteCount(of: plan.references)
    let needed = rendering.predictedBytes(of: plan)
    guard needed <= memory.byteCount - pictures else {
      throw .invalid(
        "size",
        "this picture would take \(needed + pictures >> 20) MB of memory; at most "
          + "\(memory.byteCount >> 20) are allowed here, so ask for a smaller size or fewer images")
    }
    guard let reservation = memory.reserve(needed, for: .render) else {
      throw .busy("there is no memory for another render just now", retryAfterSeconds: 5)
    }
    return reservation
  }
}
