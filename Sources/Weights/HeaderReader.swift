internal import JSONText
internal import Text

/// Reads the JSON subset that a safetensors header is written in (spec §1.6): objects of objects
/// whose values are strings and lists of whole numbers.
///
/// It never holds more than the strings read so far.
struct HeaderReader {
  private var json: JSONReader
  private let file: String

  /// Begins at the first byte.
  /// - Parameters:
  ///   - bytes: The header.
  ///   - file: What messages call the file.
  init(_ bytes: [UInt8], file: String) {
    json = JSONReader(bytes)
    self.file = file
  }

  /// The failure of a malformed header, with the position reached.
  func failure(_ what: String) -> WeightsError { failure(json.fault(what)) }

  private func failure(_ fault: JSONFault) -> WeightsError {
    WeightsError(
      .malformed, file: file, "\(fault.problem) (header byte \(fault.position))")
  }

  /// Reads `{ "key": value, … }`, calling `value` at the start of each value.
  mutating func object(
    _ value: (inout HeaderReader, ByteString) throws(WeightsError) -> Void
  ) throws(WeightsError) {
    try read { (json) throws(JSONFault) in try json.beginObject() }
    while let key = try read({ (json) throws(JSONFault) in try json.nextName() }) {
      try value(&self, key)
    }
  }

  /// Reads a list of at most `limit` whole numbers.
  mutating func numbers(limit: Int) throws(WeightsError) -> [Int] {
    try read { (json) throws(JSONFault) in
      var numbers: [Int] = []
      try json.beginArray()
      while try json.nextElement() {
        guard numbers.count < limit else {
          throw json.fault("more than \(limit) numbers in a list")
        }
        numbers.append(try json.wholeNumber())
      }
      return numbers
    }
  }

  /// Reads a string, with its escapes resolved.
  mutating func string() throws(WeightsError) -> ByteString {
    try read { (json) throws(JSONFault) in try json.string() }
  }

  /// Checks that only white space is left.
  mutating func end() throws(WeightsError) {
    try read { (json) throws(JSONFault) in try json.end() }
  }

  private mutating func read<Value>(
    _ body: (inout JSONReader) throws(JSONFault) -> Value
  ) throws(WeightsError) -> Value {
    do {
      return try body(&json)
    } catch {
      throw failure(error)
    }
  }
}
