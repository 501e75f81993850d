import Dispatch
import Flux2
import HTTP
import Imaging
import Rendering
import Synchronization
import Text

/// Decodes a request's body into a job: parameters, images, plan.
///
/// That takes up to a second for large images, so it runs on `DecodingThreads`.
struct ImageRequestDecoder: Sendable {
  let payloads: PayloadReader
  /// Refuses data URIs.
  let requiresPlainBase64: Bool
  let memory: MemoryBudget
  /// Estimates the seconds until a render of the sender would start; some memory is free by then.
  let waitSeconds: @Sendable () -> Double

  /// Decodes a whole request.
  /// - Parameter isDeparted: Returns whether the client has left; called now and then.
  func decode(
    _ request: Request, as media: MediaType, for principal: Principal,
    isDeparted: @escaping @Sendable () -> Bool
  ) throws -> RenderJob {
    let (payload, model) = try payloads.read(request, as: media, isDeparted: isDeparted)
    var (renderRequest, reservations) = (payload.request, [MemoryBudget.Reservation]())
    renderRequest.warnings += Self.queryWarnings(request.head.target)
    let opened = try open(payload)
    let mask = payload.mask == nil ? nil : opened.last
    for image in opened.prefix(payload.images.count) {
      if isDeparted() { throw CancellationError() }
      let (image, reservation) = try decode(image) { decoder throws(ImagingError) in
        ReferenceImage(try decoder.decode())
      }
      renderRequest.add(image)
      reservations.append(reservation)
    }
    if let mask {
      let (image, reservation) = try decode(mask) { decoder throws(ImagingError) in
        MaskImage(try decoder.decodeMask())
      }
      renderRequest.mask = image
      reservations.append(reservation)
    }
    let rendering = try model.rendering
    let render = try rendering.prepare(
      plan(of: renderRequest, for: model, rendering.defaults, images: payload.imageParameter))
    reservations.append(try reserve(for: render))
    return try RenderJob(
      render, by: rendering, of: model.configuration, relativeCost: model.relativeCost,
      at: payloads.endpoint,
      delivery: payload.delivery, for: principal,
      fingerprint: RequestFingerprint.of(
        payload, at: payloads.endpoint,
        model: model === payloads.models.first ? nil : model.configuration.id,
        images: opened.map(\.digest)),
      holding: reservations)
  }

  /// Reads every image's header, and last that of the mask, so that what is wrong with the last one costs no
  /// pixels of the first.
  private func open(_ payload: ImagePayload) throws(APIError) -> [OpenedImage] {
    var images: [OpenedImage] = []
    for (index, image) in payload.images.enumerated() {
      images.append(
        try open(image, parameter: payload.imageParameter, name: "image \(index + 1)"))
    }
    if let mask = payload.mask {
      images.append(try open(mask, parameter: RequestParameter.mask.name, name: "the mask"))
    }
    try check(images)
    return images
  }

  /// Checks and completes a request; an image's fault is reported for the field in which it came.
  private func plan(
    of request: RenderRequest, for model: ServedModel, _ defaults: RenderDefaults,
    images parameter: String
  ) throws -> RenderPlan {
    do {
      return try request.validated(
        under: model.configuration.limits, registry: model.capabilities.loras, defaults: defaults)
    } catch let error where error.code == .invalidImage {
      throw APIError(.invalidImage, parameter: parameter, error.message)
    }
  }

  /// Warns of parameters in the query; `api-version` is the one that Azure's clients put there.
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

  /// Reserves memory for a render; one that could never fit beside its own images is refused for good.
  private func reserve(
    for render: PreparedRender
  ) throws(APIError) -> MemoryBudget.Reservation {
    let request = render.plan.request
    let images = Self.byteCount(of: request.references + [request.mask].compactMap { $0 })
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

/// Threads on which bodies are decoded, which takes up to a second of computing: on Swift's few cooperative
/// threads it would hold up every other request.
struct DecodingThreads: Sendable {
  /// A flag that is set when the client leaves.
  private final class Departure: Sendable {
    let happened = Atomic(false)
  }

  private let queue = DispatchQueue(label: "iris.decoding", attributes: .concurrent)

  /// Runs some work, unless the client has left by then.
  /// - Parameter body: The work; it is given a function that returns whether the client has left since.
  func run<Result: Sendable>(
    _ body: @escaping @Sendable (_ isDeparted: @escaping @Sendable () -> Bool) throws -> Result
  ) async throws -> Result {
    let departure = Departure()
    return try await withTaskCancellationHandler {
      try await withCheckedThrowingContinuation { continuation in
        queue.async {
          continuation.resume(
            with: Swift.Result {
              let isDeparted = { @Sendable in departure.happened.load(ordering: .relaxed) }
              if isDeparted() { throw CancellationError() }
              return try body(isDeparted)
            })
        }
      }
    } onCancel: {
      departure.happened.store(true, ordering: .relaxed)
    }
  }
}
