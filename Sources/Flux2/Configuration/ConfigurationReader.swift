import Files
import JSON
import Text

/// Reads a component's JSON configuration.
///
/// The file is input: every number is checked against the range the program can work with, and an error
/// names the file, the key and what is allowed. A key that is absent or `null` takes the default; without
/// a default it is an error. Keys that nothing asks for are ignored, since other programs keep notes of
/// their own there.
struct ConfigurationReader: Sendable {
  /// Larger files are refused; published configurations take a few kilobytes.
  private static let byteLimit = 1 << 20

  /// The file's path, for messages.
  let file: String
  /// Every value of this object.
  let values: JSONObject
  /// Names that the file has twice in one object, of which the last counts.
  let repeatedKeys: [ByteString]
  /// The prefix of these values' keys in messages: `rope_parameters.` of a nested object.
  private let path: String

  /// Reads a file whose root is an object.
  init(file: String) throws(Flux2Error) {
    let contents = try Self.contents(of: file)
    let document: JSONDocument
    do {
      document = try JSONDocument(contents)
    } catch {
      throw Flux2Error(.configuration, file, "the file is no JSON object: \(error)")
    }
    guard case .object(let values) = document.root else {
      throw Flux2Error(
        .configuration, file, "the file is no JSON object, but \(document.root.typeName)")
    }
    self.init(values, file: file, repeatedKeys: document.repeatedNames)
  }

  /// Wraps values that are already parsed.
  init(_ values: JSONObject, file: String, path: String = "", repeatedKeys: [ByteString] = []) {
    self.values = values
    self.repeatedKeys = repeatedKeys
    self.file = file
    self.path = path
  }

  /// Returns a whole number.
  func integer(
    _ key: String, in range: ClosedRange<Int>, default fallback: Int? = nil
  ) throws(Flux2Error) -> Int {
    guard let value = self[key] ?? fallback.map({ .number(JSONNumber($0)) }) else {
      throw missing(key, "a whole number in \(describe(range))")
    }
    return try integer(value, key, in: range)
  }

  /// Returns a number that need not be whole.
  func number(
    _ key: String, in range: ClosedRange<Double>, default fallback: Double? = nil
  ) throws(Flux2Error) -> Double {
    let expected = "a number in \(range.lowerBound)…\(range.upperBound)"
    guard let value = self[key] else {
      guard let fallback else { throw missing(key, expected) }
      return fallback
    }
    guard case .number(let spelled) = value, let number = spelled.double, range.contains(number)
    else { throw wrong(key, value, expected) }
    return number
  }

  /// Returns `true` or `false`.
  func flag(_ key: String, default fallback: Bool) throws(Flux2Error) -> Bool {
    guard let value = self[key] else { return fallback }
    guard case .boolean(let flag) = value else { throw wrong(key, value, "true or false") }
    return flag
  }

  /// Returns one of several words.
  func word(
    _ key: String, among words: [String], default fallback: String
  ) throws(Flux2Error) -> String {
    guard let value = self[key] else { return fallback }
    guard case .string(let text) = value, let word = words.first(where: text.equals) else {
      throw wrong(key, value, words.map { "\"\($0)\"" }.joined(separator: " or "))
    }
    return word
  }

  /// Returns a text of so many bytes.
  func text(_ key: String, byteCount: ClosedRange<Int>) throws(Flux2Error) -> String {
    guard let value = self[key] else { throw missing(key, "a text") }
    return try text(value, key, byteCount)
  }

  /// Returns a list of texts of so many bytes each.
  func texts(
    _ key: String, count: ClosedRange<Int>, byteCount: ClosedRange<Int>
  ) throws(Flux2Error) -> [String] {
    let expected = "\(describe(count)) texts"
    guard let value = self[key] else { throw missing(key, expected) }
    guard case .array(let elements) = value, count.contains(elements.count) else {
      throw wrong(key, value, expected)
    }
    var texts: [String] = []
    for element in elements { texts.append(try text(element, key, byteCount)) }
    return texts
  }

  /// Returns a list of whole numbers.
  func integers(
    _ key: String, count: ClosedRange<Int>, each range: ClosedRange<Int>,
    default fallback: [Int]? = nil
  ) throws(Flux2Error) -> [Int] {
    let expected = "\(describe(count)) whole numbers in \(describe(range))"
    guard let value = self[key] else {
      guard let fallback else { throw missing(key, expected) }
      return fallback
    }
    guard case .array(let elements) = value, count.contains(elements.count) else {
      throw wrong(key, value, expected)
    }
    var integers: [Int] = []
    for element in elements { integers.append(try integer(element, key, in: range)) }
    return integers
  }

  /// Returns a list of pairs of whole numbers; empty when absent.
  func pairs(
    _ key: String, count: ClosedRange<Int>, each range: ClosedRange<Int>
  ) throws(Flux2Error) -> [(Int, Int)] {
    let expected = "\(describe(count)) pairs of whole numbers in \(describe(range))"
    guard let value = self[key] else { return [] }
    guard case .array(let elements) = value, count.contains(elements.count) else {
      throw wrong(key, value, expected)
    }
    var pairs: [(Int, Int)] = []
    for element in elements {
      guard case .array(let pair) = element, pair.count == 2 else {
        throw wrong(key, element, expected)
      }
      pairs.append((try integer(pair[0], key, in: range), try integer(pair[1], key, in: range)))
    }
    return pairs
  }

  /// Returns a nested object; `nil` when absent.
  func section(_ key: String) throws(Flux2Error) -> ConfigurationReader? {
    guard let value = self[key] else { return nil }
    guard case .object(let values) = value else { throw wrong(key, value, "an object") }
    return ConfigurationReader(values, file: file, path: path + key + ".")
  }

  /// Returns whether a key is there and not `null`.
  func has(_ key: String) -> Bool { self[key] != nil }

  /// Refuses a feature that the program does not implement.
  /// - Parameters:
  ///   - key: The key that asks for it.
  ///   - harmless: The values that do not; absent and `null` never do.
  func refuse(_ key: String, unless harmless: JSONValue) throws(Flux2Error) {
    guard let value = self[key], value != harmless else { return }
    throw wrong(key, value, "\(harmless.summary): other values are not supported")
  }

  /// Returns the error for a value other than the expected ones.
  func wrong(_ key: String, _ value: JSONValue, _ expected: String) -> Flux2Error {
    Flux2Error(.configuration, file, "\(path)\(key) is \(value.summary), expected \(expected)")
  }
}

extension ConfigurationReader {
  /// Returns the bytes of a regular file that is not too long to be a configuration.
  private static func contents(of file: String) throws(Flux2Error) -> [UInt8] {
    do {
      return try BoundedFile.bytes(of: file, limit: byteLimit, expecting: .json)
    } catch {
      throw Flux2Error(.configuration, file, "\(error)")
    }
  }

  /// The value of a key; nil where there is none, or `null`.
  private subscript(key: String) -> JSONValue? { values[ByteString(key)] }

  private func integer(
    _ value: JSONValue, _ key: String, in range: ClosedRange<Int>
  ) throws(Flux2Error) -> Int {
    guard case .number(let number) = value, let integer = number.integer,
      range.contains(integer)
    else { throw wrong(key, value, "a whole number in \(describe(range))") }
    return integer
  }

  private func text(
    _ value: JSONValue, _ key: String, _ byteCount: ClosedRange<Int>
  ) throws(Flux2Error) -> String {
    guard case .string(let bytes) = value, byteCount.contains(bytes.count),
      let text = bytes.string(limit: byteCount.upperBound)
    else { throw wrong(key, value, "a text of \(describe(byteCount)) bytes") }
    return text
  }

  private func missing(_ key: String, _ expected: String) -> Flux2Error {
    Flux2Error(.configuration, file, "\(path)\(key) is missing, expected \(expected)")
  }

  private func describe(_ range: ClosedRange<Int>) -> String {
    range.count == 1 ? "\(range.lowerBound)" : "\(range.lowerBound)…\(range.upperBound)"
  }
}

extension JSONValue {
  /// The value as a message may show it: short, and escaped (`ByteString.description`).
  fileprivate var summary: String {
    switch self {
    case .null: "null"
    case .boolean(let value): "\(value)"
    case .number(let value): value.integer.map { "\($0)" } ?? value.double.map { "\($0)" } ?? "huge"
    case .string(let value): "\"\(value)\""
    case .array(let values): "a list of \(values.count)"
    case .object: "an object"
    }
  }
}
