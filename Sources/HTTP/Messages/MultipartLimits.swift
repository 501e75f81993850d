public import Text

/// What a form may hold; RFC 2046 itself limits the boundary to 70 characters.
public struct MultipartLimits: Sendable {
  /// The number of parts.
  public var partCount = 16
  /// The bytes of the fields above each part's body.
  public var partHeadBytes = 4096
  /// The bytes of a part that is not a file.
  public var fieldBytes = 64 << 10
  /// The bytes of a file.
  public var fileBytes = 20 << 20
  /// Whether fields of a name carry a file as text, such as base64.
  public var carriesFile: @Sendable (_ name: ByteString) -> Bool = { _ in false }
  /// The bytes of such a field: base64 of the largest file, with its line breaks.
  public var fileFieldBytes = 28 << 20

  /// The limits of a form whose files all come as file parts.
  public init() {}

  func byteCount(for part: MultipartPart) -> Int {
    if part.filename != nil { return fileBytes }
    return carriesFile(part.name) ? fileFieldBytes : fieldBytes
  }
}
