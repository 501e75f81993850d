internal import JSONText
internal import Text

/// Pulls values out of a tokenizer's JSON file: some 300,000 short strings, each a slice of the file.
struct TokenizerJSON {
  private var json: JSONReader
  private let file: String

  init(_ bytes: [UInt8], file: String) {
    json = JSONReader(bytes)
    self.file = file
  }

  /// The first byte of the next value, by which its kind is known; nil at the end of the file.
  mutating func peek() -> UInt8? { json.peek() }

  mutating func beginObject() throws(TokenizationError) {
    try read { (json) throws(JSONFault) in try json.beginObject() }
  }

  mutating func beginArray() throws(TokenizationError) {
    try read { (json) throws(JSONFault) in try json.beginArray() }
  }

  /// The next member's key in the innermost object, or nil where the object ends.
  mutating func nextKey() throws(TokenizationError) -> ByteString? {
    try read { (json) throws(JSONFault) in try json.nextName() }
  }

  /// Whether another element follows in the innermost array.
  mutating func nextElement() throws(TokenizationError) -> Bool {
    try read { (json) throws(JSONFault) in try json.nextElement() }
  }

  /// A string's UTF-8 bytes, escapes resolved.
  mutating func string() throws(TokenizationError) -> ByteString {
    try read { (json) throws(JSONFault) in try json.string() }
  }

  /// A number that can be a token id.
  mutating func tokenID() throws(TokenizationError) -> Int32 {
    let number = try read { (json) throws(JSONFault) in try json.wholeNumber() }
    guard let id = Int32(exactly: number) else {
      throw malformed("expected a token id, a whole number from 0 to \(Int32.max)")
    }
    return id
  }

  /// The token id that decimal digits spell, if they do.
  static func tokenID(_ digits: ByteString) -> Int32? {
    digits.decimal.flatMap { Int32(exactly: $0) }
  }

  /// `true` or `false`.
  mutating func boolean() throws(TokenizationError) -> Bool {
    try read { (json) throws(JSONFault) in try json.boolean() }
  }

  /// Skips one value of any kind.
  mutating func skipValue() throws(TokenizationError) {
    try read { (json) throws(JSONFault) in try json.skipValue() }
  }

  /// Checks that nothing follows the outermost value.
  mutating func end() throws(TokenizationError) {
    try read { (json) throws(JSONFault) in try json.end() }
  }

  /// An error at the place reached.
  func malformed(_ problem: String) -> TokenizationError { failure(json.fault(problem)) }

  private func failure(_ fault: JSONFault) -> TokenizationError {
    TokenizationError(
      code: .malformed, file: file, detail: "\(fault.problem) (byte \(fault.position))")
  }

  private mutating func read<Value>(
    _ body: (inout JSONReader) throws(JSONFault) -> Value
  ) throws(TokenizationError) -> Value {
    do {
      return try body(&json)
    } catch {
      throw failure(error)
    }
  }
}
