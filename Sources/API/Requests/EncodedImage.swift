internal import Text

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
  ///   - number: Its place in the request, from 1.
  ///   - requiresPlainBase64: True if a data URI is refused.
  ///   - byteLimit: The most that it may have.
  func bytes(
    parameter: String, number: Int, requiresPlainBase64: Bool, byteLimit: Int
  ) throws(APIError) -> [UInt8] {
    let bytes: [UInt8]
    switch self {
    case .file(let file): bytes = file
    case .text(let text):
      bytes = try Self.decode(text, requiresPlainBase64) { (code, problem) throws(APIError) in
        throw APIError(code, parameter: parameter, "image \(number) \(problem)")
      }
    }
    guard bytes.count <= byteLimit else {
      throw APIError(
        .imageTooLarge, parameter: parameter,
        "image \(number) has \(bytes.count) bytes; at most \(byteLimit) are allowed")
    }
    guard !bytes.isEmpty else {
      throw APIError(.invalidImage, parameter: parameter, "image \(number) is empty")
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
