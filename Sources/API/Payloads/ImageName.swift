internal import Text

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
