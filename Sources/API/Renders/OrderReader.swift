internal import HTTP
internal import Imaging
internal import Rendering

/// Turns a request's body into an order: parameters, images, plan.
///
/// That takes up to a second for large images, so it runs on threads of its own.
struct OrderReader: Sendable {
  /// RGB, and as much again for whatever a decoder needs beside.
  private static let bytesPerPixel = 6

  let payloads: PayloadReader
  let rendering: any ImageRendering
  let memory: MemoryBudget

  private var configuration: ServiceConfiguration { payloads.configuration }

  /// Reads a whole request.
  func read(_ request: Request, as media: MediaType, for caller: Caller) throws -> RenderOrder {
    let payload = try payloads.read(request, as: media)
    var (renderRequest, reservations) = (payload.request, [MemoryBudget.Reservation]())
    for (index, image) in payload.images.enumerated() {
      let (raster, reservation) = try decode(
        image, parameter: payload.imageParameter, number: index + 1)
      renderRequest.references.append(raster)
      reservations.append(reservation)
    }
    let plan = try renderRequest.validated(under: configuration.limits, registry: rendering.loras)
    try checkMemory(of: plan)
    return RenderOrder(
      endpoint: payloads.endpoint, plan: plan, delivery: payload.delivery, caller: caller,
      reservations: reservations)
  }

  private func decode(
    _ image: EncodedImage, parameter: String, number: Int
  ) throws -> (Raster, MemoryBudget.Reservation) {
    let bytes = try image.bytes(
      parameter: parameter, number: number,
      requiresPlainBase64: configuration.requiresPlainBase64, byteLimit: ImageLimits().byteCount)
    do {
      let header = try ImageDecoder.header(bytes)
      let pixelCount = header.width * header.height
      guard let reservation = memory.reserve(pixelCount * Self.bytesPerPixel) else {
        throw APIError.busy("there is no memory for more images just now", retryAfterSeconds: 5)
      }
      return (try ImageDecoder.decode(bytes), reservation)
    } catch let error as ImagingError {
      throw APIError(error, parameter: parameter, number: number)
    }
  }

  /// A render that could never fit is refused rather than tried.
  private func checkMemory(of plan: RenderPlan) throws(APIError) {
    let needed = rendering.predictedBytes(of: plan)
    guard needed <= memory.byteCount else {
      throw .invalid(
        "size",
        "this picture would take \(needed >> 20) MB of memory; at most \(memory.byteCount >> 20) "
          + "are allowed here, so ask for a smaller size or fewer images")
    }
  }
}
