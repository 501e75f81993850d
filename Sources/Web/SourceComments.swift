import Text

/// The comments of style sheets and scripts, which are for readers of the sources: a tenth of what browsers
/// would load.
enum SourceComments {
  private static let line: ByteString = "//"
  private static let (start, end): (ByteString, ByteString) = ("/*", "*/")

  /// Returns a file with its comments' lines empty, so that all others keep their numbers.
  ///
  /// A comment has lines of its own: it begins one, and ends one.
  static func emptied(_ bytes: [UInt8]) -> [UInt8] {
    var isInside = false
    let lines = bytes.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false).map {
      bytes -> ArraySlice<UInt8> in
      let text = ByteString(bytes.drop { $0 == UInt8(ascii: " ") })
      isInside = isInside || text.starts(with: start)
      let isComment = isInside || text.starts(with: line)
      if isInside && text.ends(with: end) { isInside = false }
      return isComment ? [] : bytes
    }
    return Array(lines.joined(separator: [UInt8(ascii: "\n")]))
  }
}
