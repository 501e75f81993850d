internal import HTTP
internal import Text

/// The images of a form, in the order in which they count.
struct FormImages {
  private var images: [(image: EncodedImage, index: Int?)] = []
  private var indices: Set<Int> = []

  /// Adds an image as it comes.
  mutating func append(_ part: MultipartPart, _ name: ImageName) throws(APIError) {
    if let index = name.index, !indices.insert(index).inserted { throw .duplicate(part.name) }
    images.append((Self.isFile(part) ? .file(part.body) : .text(ByteString(part.body)), name.index))
  }

  /// Images with numbers are in the order of these, in the places where such images stand; the others
  /// stay where they are.
  var inOrder: [EncodedImage] {
    let numbered = images.compactMap { entry in entry.index.map { (entry.image, $0) } }
    var rest = numbered.sorted { $0.1 < $1.1 }.map(\.0)[...]
    return images.map { entry in entry.index == nil ? entry.image : rest.removeFirst() }
  }

  /// Whether a part holds a file rather than text: it has the name of one, or bytes that base64 never
  /// has and every image does.
  private static func isFile(_ part: MultipartPart) -> Bool {
    part.filename != nil
      || part.body.contains { $0 >= 0x7F || ($0 < 0x20 && !"\t\n\r".utf8.contains($0)) }
  }
}
