internal import Dispatch
internal import HTTP
internal import Imaging
internal import Rendering
internal import Synchronization
internal import Text

/// Decodes a request's body into a job: parameters, images, plan.
///
/// That takes up to a second for large images, so it runs on `DecodingThreads`.
struct ImageRequestDecoder: Sendable {
  let payloads: PayloadReader
  /// The LoRAs that may be named.
  let loras: LoRARegistry
  let rendering: any ImageRendering
  let memory: MemoryBudget
  /// Estimates the seconds until a render of the sender would start; some memory is free by then.
  let waitSeconds: @Sendable () -> Double

  private var configuration: ServiceConfiguration { payloads.configuration }

  /// Decodes a whole request.
  /// - Parameter isDeparted: Returns whether the client has left; called now and then.
  func decode(
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

  /// Checks and completes a request; an image's fault is reported for the field in which it came.
  private func plan(of request: RenderRequest, images parameter: String) throws -> RenderPlan {
    do {
      return try request.validated(
        under: configuration.limits, registry: loras, defaults: rendering.defaults)
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

/// An image of a request of which only the header has been read.
struct OpenedImage {
  /// Of an image that has been decoded: RGB.
  private static let bytesPerPixel = 3

  let decoder: ImageDecoder
  /// The field that it came in, for the error.
  let parameter: String
  /// Its place in the request, from 1.
  let number: Int

  /// Bytes of the whole image.
  var decodedByteCount: Int { decoder.header.width * decoder.header.height * Self.bytesPerPixel }
  /// Bytes that are kept of it until it is rendered.
  var keptByteCount: Int {
    min(decodedByteCount, ReferenceImage.pixelLimit * Self.bytesPerPixel)
  }
  /// Bytes that its decoding takes on top: as much again for the decoder, and the whole image where less
  /// of it is kept.
  var scratchByteCount: Int {
    keptByteCount < decodedByteCount ? 2 * decodedByteCount : decodedByteCount
  }
}

extension ImageRequestDecoder {
  /// Reads an image's header, which is enough to refuse most unusable images.
  /// - Parameters:
  ///   - image: The image.
  ///   - parameter: The field that it came in, for the error.
  ///   - number: Its place in the request, from 1.
  func open(_ image: EncodedImage, parameter: String, number: Int) throws(APIError) -> OpenedImage {
    let bytes = try image.bytes(
      parameter: parameter, number: number,
      requiresPlainBase64: payloads.configuration.requiresPlainBase64,
      byteLimit: ReferenceImage.fileLimits.byteCount)
    do {
      return OpenedImage(
        decoder: try ImageDecoder(bytes, limits: ReferenceImage.fileLimits),
        parameter: parameter, number: number)
    } catch {
      throw APIError(error, parameter: parameter, number: number)
    }
  }

  /// Refuses images that could never be held together, decoded one after the other.
  func check(_ images: [OpenedImage]) throws(APIError) {
    var heldBytes = 0
    for image in images {
      let needed = heldBytes + image.keptByteCount + image.scratchByteCount
      guard needed <= memory.byteCount else {
        throw APIError(
          .imageTooLarge, parameter: image.parameter,
          "with image \(image.number) the images would take \(needed >> 20) MB of memory; at most "
            + "\(memory.byteCount >> 20) are allowed here")
      }
      heldBytes += image.keptByteCount
    }
  }

  /// Decodes an image and scales it down to the size in which models see it.
  func decode(_ image: OpenedImage) throws(APIError) -> (ReferenceImage, MemoryBudget.Reservation) {
    let kept = try reserve(image.keptByteCount)
    let scratch = try reserve(image.scratchByteCount)
    defer { withExtendedLifetime(scratch) {} }
    do {
      return (
        ReferenceImage(try image.decoder.decode()),
        kept
      )
    } catch {
      throw APIError(error, parameter: image.parameter, number: image.number)
    }
  }

  /// Reserves memory for an image.
  private func reserve(_ byteCount: Int) throws(APIError) -> MemoryBudget.Reservation {
    guard let reservation = memory.reserve(byteCount, for: .image) else {
      throw .busy(
        "there is no memory for more images just now", retryAfterSeconds: waitSeconds())
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
