import JSON
import Rendering
import Text

extension RequestField {
  /// Reads a value.
  /// - Parameter isText: True for a form, where numbers and booleans are text.
  /// - Returns: nil where it counts as not given.
  func read(_ value: JSONValue, isText: Bool) throws(APIError) -> FieldValue? {
    switch role {
    case .ignored: return nil
    case .refused:
      guard value.isEmpty else { throw .invalid(name, parameter.hint) }
      return nil
    case .required, .optional: break
    }
    if isAbsent(value, isText: isText) { return nil }
    switch kind {
    case .anything: return nil
    case .text, .size: return .text(try text(of: value))
    case .choice(let words): return .text(try choice(of: value, words))
    case .integer(let range): return .integer(try integer(of: value, in: range, isText: isText))
    case .number(let range): return .number(try number(of: value, in: range, isText: isText))
    case .boolean: return .boolean(try boolean(of: value, isText: isText))
    case .image, .mask: return .images([try image(of: value)])
    case .images: return .images(try images(of: value))
    case .loras(let names, let strengths):
      return .loras(try loras(of: value, names, strengths, isText: isText))
    }
  }

  /// Returns true for a value that stands for none: null; an empty word, which clients send for what was
  /// left unset; and in forms an empty number and `n` of 0 (the HTTP contract, §9).
  private func isAbsent(_ value: JSONValue, isText: Bool) -> Bool {
    switch (value, kind) {
    case (.null, _): return true
    case (.string(let bytes), .choice): return bytes.isEmpty && role == .optional
    case (.string(let bytes), .mask): return bytes.isEmpty
    case (.string(let bytes), .integer), (.string(let bytes), .number),
      (.string(let bytes), .boolean):
      return isText && (bytes.isEmpty || parameter == .imageCount && bytes == "0")
    case (.string(let bytes), .loras): return isText && bytes.isEmpty
    default: return false
    }
  }

  private func text(of value: JSONValue) throws(APIError) -> ByteString {
    guard case .string(let text) = value else { throw mismatch(value, "a string") }
    return text
  }

  func choice(
    of value: JSONValue, _ words: [String]
  ) throws(APIError) -> ByteString {
    let word = try text(of: value)
    guard word.count <= ByteString.nameLimit || parameter == .model else {
      throw .invalid(
        name, "\(name) has \(word.count) bytes; its values have at most \(ByteString.nameLimit)")
    }
    guard words.contains(where: word.equals) else {
      if let known = refusals.first(where: { word.equals($0.word) }) {
        throw .invalid(name, known.reason)
      }
      let allowed = words.map { "`\($0)`" }.joined(separator: ", ")
      let message = "\(name) has an unknown value; allowed is \(allowed)\(parameter.hint)"
      throw APIError(
        parameter == .model ? .modelNotFound : .invalidRequest, parameter: name, message)
    }
    return word
  }

  private func integer(
    of value: JSONValue, in range: ClosedRange<Int>, isText: Bool
  ) throws(APIError) -> Int {
    let allowed =
      range.count == 1
      ? "\(range.lowerBound)" : "an integer, \(range.lowerBound) to \(range.upperBound)"
    guard let number = numeral(value, isText: isText) else { throw mismatch(value, allowed) }
    guard let integer = number.integer else { throw .invalid(name, "\(name) must be \(allowed)") }
    guard range.contains(integer) else { throw outside("\(integer)", allowed) }
    return integer
  }

  private func number(
    of value: JSONValue, in range: ClosedRange<Double>, isText: Bool
  ) throws(APIError) -> Double {
    let allowed = "a number, \(range.lowerBound) to \(range.upperBound)"
    guard let number = numeral(value, isText: isText), let double = number.double
    else { throw mismatch(value, allowed) }
    guard range.contains(double) else { throw outside("\(double)", allowed) }
    return double
  }

  private func numeral(_ value: JSONValue, isText: Bool) -> JSONNumber? {
    switch value {
    case .number(let number): number
    case .string(let bytes) where isText: JSONNumber(bytes)
    default: nil
    }
  }

  private func boolean(of value: JSONValue, isText: Bool) throws(APIError) -> Bool {
    switch value {
    case .boolean(let boolean): return boolean
    case .string(let bytes) where isText:
      if bytes.equalsIgnoringASCIICase("true") { return true }
      if bytes.equalsIgnoringASCIICase("false") { return false }
      throw .invalid(name, "\(name) must be true or false")
    default: throw mismatch(value, "true or false")
    }
  }

  private func images(of value: JSONValue) throws(APIError) -> [EncodedImage] {
    guard case .array(let items) = value else {
      throw mismatch(value, "an array of images; for a single one use `image`")
    }
    var images: [EncodedImage] = []
    for item in items { images.append(try image(of: item)) }
    return images
  }

  private func image(of value: JSONValue) throws(APIError) -> EncodedImage {
    switch (value, kind) {
    case (.string(let text), _): return .text(text)
    case (.object(let object), .images), (.object(let object), .mask):
      guard object.members.count == 1, case .string(let text)? = object["image_url"]
      else {
        throw .invalid(
          name,
          "\(name) may hold base64 strings and {\"image_url\": \"data:…\"}; a `file_id` names "
            + "nothing here")
      }
      return .text(text)
    default: throw mismatch(value, "base64 in a string")
    }
  }

  func mismatch(_ value: JSONValue, _ allowed: String) -> APIError {
    .invalid(name, "\(name) is \(value.typeName) but must be \(allowed)")
  }

  private func outside(_ shown: String, _ allowed: String) -> APIError {
    .invalid(name, "\(name) is \(shown) but must be \(allowed)")
  }
}

extension RequestField {
  /// Warns of a value that has no effect although it asks for something.
  ///
  /// Clients send many of these parameters with every request, so that the values by which nothing is
  /// asked for stay without a warning, and so do all values that no image would show.
  func warning(about value: JSONValue) -> RenderWarning? {
    guard case .ignored(let idleWords?) = role, !isIdle(value, among: idleWords) else { return nil }
    return RenderWarning(
      .parameterIgnored, "\(name) has no effect here: images have one quality and one style")
  }

  private func isIdle(_ value: JSONValue, among words: [String]) -> Bool {
    switch value {
    case .null: true
    case .string(let bytes):
      bytes.isEmpty || words.contains(where: bytes.equals)
    default: false
    }
  }
}

extension JSONValue {
  /// True for null and the empty string, which clients send for a parameter that nobody filled in.
  var isEmpty: Bool {
    switch self {
    case .null: true
    case .string(let text): text.isEmpty
    default: false
    }
  }
}
