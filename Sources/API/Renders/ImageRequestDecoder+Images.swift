internal import Imaging
internal import Rendering

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
  /// Bytes of what is kept of it until it is rendered.
  var keptByteCount: Int {
    min(decodedByteCount, ReferenceImage.pixelLimit * Self.bytesPerPixel)
  }
  /// Bytes that are needed besides while it is decoded: as much again for whatever a decoder needs, and
  /// the whole image where less of it is kept.
  var scratchByteCount: Int {
    keptByteCount < decodedByteCount ? 2 * decodedByteCount : decodedByteCount
  }
}

extension ImageRequestDecoder {
  /// Reads what an image's header says, which is enough to refuse most of what will not do.
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

  /// Decodes an image and keeps of it what models look at.
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

  /// Memory for an image.
  private func reserve(_ byteCount: Int) throws(APIError) -> MemoryBudget.Reservation {
    guard let reservation = memory.reserve(byteCount, for: .image) else {
      throw .busy(
        "there is no memory for more images just now", retryAfterSeconds: waitSeconds())
    }
    return reservation
  }
}
