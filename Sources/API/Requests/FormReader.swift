import HTTP
import Imaging
import JSON
import Rendering
import Text

/// Reads a `multipart/form-data` body into members, as if they had come as JSON.
enum FormReader {
  /// Clients that write every parameter they know, and five images, send some twenty parts.
  private static let partLimit = 32
  /// Bytes that are read between two checks for a departed client: about a millisecond.
  private static let checkInterval = 1 << 20

  private static let maskName = ByteString(RequestParameter.mask.name)

  /// The contents of a form.
  struct Form: Sendable {
    var members: [JSONObject.Member] = []
    var images: [EncodedImage] = []
    /// The mask, if the endpoint takes one.
    var mask: EncodedImage?
  }

  /// Reads a whole body.
  /// - Parameters:
  ///   - takesMask: True if a mask is an image here; otherwise it is a parameter that is refused.
  ///   - isDeparted: Returns true once the client has left.
  static func read(
    _ body: [UInt8], contentType: ByteString, takesMask: Bool, isDeparted: () -> Bool
  ) throws -> Form {
    var form = Form()
    var names: Set<ByteString> = []
    var images = FormImages()
    let carriesFile = { @Sendable (name: ByteString) in
      ImageName(name) != nil || takesMask && name == maskName
    }
    for part in try parts(of: body, contentType, carriesFile, isDeparted) {
      if let name = ImageName(part.name) {
        if !isUnused(part) { try images.append(part, name) }
        continue
      }
      guard names.insert(part.name).inserted else { throw APIError.duplicate(part.name) }
      if takesMask, part.name == maskName {
        if !part.body.isEmpty { form.mask = FormImages.image(of: part) }
        continue
      }
      form.members.append(.init(name: part.name, value: try value(of: part)))
    }
    form.images = images.inOrder
    return form
  }

  /// Returns true for what a browser sends for a file input that was not used (HTML §4.10.22.4), or a
  /// client for a text that was left empty.
  private static func isUnused(_ part: MultipartPart) -> Bool {
    part.body.isEmpty && part.filename?.isEmpty ?? true
  }

  private static func parts(
    of body: [UInt8], _ contentType: ByteString,
    _ carriesFile: @escaping @Sendable (ByteString) -> Bool, _ isDeparted: () -> Bool
  ) throws -> [MultipartPart] {
    var limits = MultipartLimits()
    limits.partCount = partLimit
    limits.fileBytes = ImageLimits().byteCount
    limits.carriesFile = carriesFile
    var parser = try MultipartParser(contentType: contentType, limits: limits)
    // The mark would hide the first boundary, and with it the first part.
    let begin = ByteOrderMark.length(in: body)
    do {
      for start in stride(from: begin, to: body.count, by: checkInterval) {
        guard !isDeparted() else { throw CancellationError() }
        try parser.feed(body[start..<min(start + checkInterval, body.count)])
      }
      return try parser.finish()
    } catch let error as HTTPError {
      guard case .partTooLarge(let part) = error.code, carriesFile(part) else { throw error }
      let parameter = part == maskName ? RequestParameter.mask : .image
      throw APIError(.imageTooLarge, parameter: parameter.name, "\(part): \(error.detail)")
    }
  }

  private static func value(of part: MultipartPart) throws(APIError) -> JSONValue {
    // These are refused by their names, whatever they hold, unless they hold nothing.
    if part.filename != nil, isUnused(part) { return .null }
    guard part.filename == nil || part.name == maskName || part.name == "markup" else {
      throw .invalid("\(part.name)", "\(part.name) must be text, not a file")
    }
    let text = ByteString(part.body)
    guard part.filename != nil || text.isUTF8 else {
      throw .invalid("\(part.name)", "\(part.name) is not UTF-8")
    }
    return .string(text)
  }
}

/// The images of a form, in the order in which they count.
struct FormImages {
  private var images: [(image: EncodedImage, index: Int?)] = []
  private var indices: Set<Int> = []

  /// Adds an image as it comes.
  mutating func append(_ part: MultipartPart, _ name: ImageName) throws(APIError) {
    if let index = name.index, !indices.insert(index).inserted { throw .duplicate(part.name) }
    images.append((Self.image(of: part), name.index))
  }

  /// The image of a part: a file, or base64.
  static func image(of part: MultipartPart) -> EncodedImage {
    isFile(part) ? .file(part.body) : .text(ByteString(part.body))
  }

  /// Images with numbers are in the order of these, in the places where such images stand; the others
  /// stay where they are.
  var inOrder: [EncodedImage] {
    let numbered = images.compactMap { entry in entry.index.map { (entry.image, $0) } }
    var rest = numbered.sorted { $0.1 < $1.1 }.map(\.0)[...]
    return images.map { entry in entry.index == nil ? entry.image : rest.removeFirst() }
  }

  /// Returns true for a file rather than text: it has the name of one, or bytes that base64 never
  /// has and every image does.
  private static func isFile(_ part: MultipartPart) -> Bool {
    part.filename != nil
      || part.body.contains { $0 >= 0x7F || ($0 < 0x20 && !"\t\n\r".utf8.contains($0)) }
  }
}

/// A name under which forms send an image: `image` or `images`, alone, with `[]`, or with a number in
/// the brackets, as PHP's and .NET's clients write lists.
struct ImageName {
  /// More digits than any list here has.
  private static let digitLimit = 4

  /// The number in the brackets.
  let index: Int?

  /// Reads a field's name; nil for any other field.
  init?(_ name: ByteString) {
    let stem = (["images", "image"] as [ByteString]).first { name.starts(with: $0) }
    guard let stem else { return nil }
    let rest = name.dropFirst(stem.count)
    if rest.isEmpty || rest == "[]" {
      index = nil
      return
    }
    guard rest.first == UInt8(ascii: "["), rest.last == UInt8(ascii: "]") else { return nil }
    let digits = rest.dropFirst().dropLast()
    guard digits.count <= Self.digitLimit, let number = digits.decimal else { return nil }
    index = number
  }
}
