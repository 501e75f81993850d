/// Cuts input into lines that end in CR LF, however the bytes happen to arrive.
///
/// A lone CR or LF and a NUL are refused: readers disagree about them, and smuggling lives on that.
struct LineReader: Sendable {
  private let limit: Int
  private let overflow: HTTPError
  private var line: [UInt8] = []
  private var endsInCarriageReturn = false

  /// - Parameters:
  ///   - limit: The bytes all lines may have together, their ends included.
  ///   - overflow: What to throw beyond.
  init(limit: Int, overflow: HTTPError) {
    self.limit = limit
    self.overflow = overflow
    remaining = limit
  }

  /// The bytes left of the limit.
  private var remaining: Int

  /// Takes bytes up to the end of the next line; nil when the input ends before the line does.
  mutating func next(from input: inout ArraySlice<UInt8>) throws(HTTPError) -> [UInt8]? {
    while let byte = input.popFirst() {
      guard remaining > 0 else { throw overflow }
      remaining -= 1
      if endsInCarriageReturn {
        guard byte == ASCII.lineFeed else { throw .malformed("a CR is not followed by LF") }
        endsInCarriageReturn = false
        defer { line = [] }
        return line
      }
      switch byte {
      case ASCII.carriageReturn: endsInCarriageReturn = true
      case ASCII.lineFeed: throw .malformed("a LF does not follow a CR")
      case 0: throw .malformed("a line holds a NUL")
      default: line.append(byte)
      }
    }
    return nil
  }

  /// Starts the limit afresh, for a new set of lines.
  mutating func reset() { remaining = limit }
}
