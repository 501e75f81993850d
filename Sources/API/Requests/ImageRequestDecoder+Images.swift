import Hashing
import Imaging
import Rendering
import Text

/// An image of a request, still in the form in which it was sent.
enum EncodedImage: Sendable {
  /// The bytes of a file.
  case file([UInt8])
  /// Base64, perhaps as a data URI.
  case text(ByteString)
}

extension EncodedImage {
  /// The longest prefix of a data URI that is looked at; known ones, such as
  /// `data:image/svg+xml;charset=utf-8;base64,`, are shorter.
  private static let longestPrefix = 128

  /// The file's bytes.
  /// - Parameters:
  ///   - parameter: The field that it came in, for the error.
  ///   - name: What it is called in an error, as `image 1`.
  ///   - requiresPlainBase64: True if a data URI is refused.
  ///   - byteLimit: The most that it may have.
  func bytes(
    parameter: String, name: String, requiresPlainBase64: Bool, byteLimit: Int
  ) throws(APIError) -> [UInt8] {
    let bytes: [UInt8]
    switch self {
    case .file(let file): bytes = file
    case .text(let text):
      bytes = try Self.decode(text, requiresPlainBase64) { (code, problem) throws(APIError) in
        throw APIError(code, parameter: parameter, "\(name) \(problem)")
      }
    }
    guard bytes.count <= byteLimit else {
      throw APIError(
        .imageTooLarge, parameter: parameter,
        "\(name) has \(bytes.count) bytes; at most \(byteLimit) are allowed")
    }
    guard !bytes.isEmpty else {
      throw APIError(.invalidImage, parameter: parameter, "\(name) is empty")
    }
    return bytes
  }

  private static func decode(
    _ text: ByteString, _ requiresPlainBase64: Bool,
    refuse: (ErrorCode, String) throws(APIError) -> Never
  ) throws(APIError) -> [UInt8] {
    var digits = text
    let start = text.prefix(8).asciiLowercase
    if start.starts(with: "http://" as ByteString) || start == "https://" {
      try refuse(.invalidRequest, "is a URL; nothing is fetched, send the image itself in base64")
    }
    if start.starts(with: "data:" as ByteString) {
      guard !requiresPlainBase64 else {
        try refuse(.invalidBase64, "is a data URI; only plain base64 is allowed here")
      }
      let head = text.prefix(longestPrefix).prefix { $0 != UInt8(ascii: ",") }
      guard head.count < min(longestPrefix, text.count),
        head.asciiLowercase.ends(with: ";base64")
      else { try refuse(.invalidBase64, "is not of the form `data:image/png;base64,…`") }
      digits = text[(head.endIndex + 1)...]
    }
    guard let bytes = Base64.decode(digits.bytes) else {
      try refuse(.invalidBase64, "is not valid base64, standard or URL-safe")
    }
    return bytes
  }
}

/// An image of a request of which only the header has been read.
struct OpenedImage {
  /// Of an image that has been decoded: RGB.
  private static let bytesPerPixel = 3

  let decoder: ImageDecoder
  /// The hash of the file.
  let digest: SHA256Digest
  /// The field that it came in, for the error.
  let parameter: String
  /// What it is called in an error, as `image 1`.
  let name: String

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
  ///   - name: What it is called in an error, as `image 1`.
  func open(_ image: EncodedImage, parameter: String, name: String) throws(APIError) -> OpenedImage
  {
    let bytes = try image.bytes(
      parameter: parameter, name: name,
      requiresPlainBase64: requiresPlainBase64,
      byteLimit: ReferenceImage.fileLimits.byteCount)
    do {
      return OpenedImage(
        decoder: try ImageDecoder(bytes, limits: ReferenceImage.fileLimits),
        digest: SHA256.hash(bytes), parameter: parameter, name: name)
    } catch {
      throw APIError(error, parameter: parameter, name: name)
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
          "with \(image.name) the images would take \(needed >> 20) MB of memory; at most "
            + "\(memory.byteCount >> 20) are allowed here")
      }
      heldBytes += image.keptByteCount
    }
  }

  /// Decodes an image and scales it down to the size in which models see it.
  /// - Parameter body: Decodes and scales.
  func decode<Image>(
    _ image: OpenedImage, _ body: (ImageDecoder) throws(ImagingError) -> Image
  ) throws(APIError) -> (Image, MemoryBudget.Reservation) {
    let kept = try reserve(image.keptByteCount)
    let scratch = try reserve(image.scratchByteCount)
    defer { withExtendedLifetime(scratch) {} }
    do {
      return (try body(image.decoder), kept)
    } catch {
      throw APIError(error, parameter: image.parameter, name: image.name)
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
