import Text

/// The format of a written JSON text.
public struct JSONFormat: Sendable {
  /// The spelling of numbers and control characters.
  enum Spelling: Sendable {
    /// Doubles as Swift prints them (`1.0`); control characters and DEL as `\u00XX`, except `\n`.
    case explicit
    /// `1` for 1.0 and the short escapes, as `JSON.stringify` has them (ECMA-262 §25.5.4.3).
    case short
  }

  let spelling: Spelling
  let sortsMembers: Bool
  let isIndented: Bool

  /// One line, members in their order; for the service's answers and its log.
  public static let compact = JSONFormat(
    spelling: .explicit, sortsMembers: false, isIndented: false)
  /// One line, members ordered by the bytes of their names; for the command line's reports.
  public static let sorted = JSONFormat(spelling: .short, sortsMembers: true, isIndented: false)
  /// Lines indented by two spaces, arrays of scalars on one line; for files that people compare.
  public static let indented = JSONFormat(spelling: .short, sortsMembers: false, isIndented: true)
  /// The same with numbers in full, as Python reads an integer and a floating-point number apart; for
  /// the files of models.
  public static let configuration = JSONFormat(
    spelling: .explicit, sortsMembers: false, isIndented: true)
}

extension JSONValue {
  /// Returns the value as UTF-8 JSON text.
  public func bytes(_ format: JSONFormat = .compact) -> [UInt8] {
    var writer = JSONWriter(format: format)
    writer.write(self, depth: 0)
    return writer.output
  }

  /// Returns the value as JSON text.
  public func text(_ format: JSONFormat = .compact) -> String {
    String(decoding: bytes(format), as: UTF8.self)
  }

  fileprivate var isContainer: Bool {
    switch self {
    case .array, .object: true
    case .null, .boolean, .number, .string: false
    }
  }
}

/// Appends values to a JSON text (RFC 8259).
private struct JSONWriter {
  let format: JSONFormat
  private(set) var output: [UInt8] = []

  init(format: JSONFormat) { self.format = format }

  /// Writes a value that `depth` arrays and objects enclose.
  mutating func write(_ value: JSONValue, depth: Int) {
    switch value {
    case .null: output += "null".utf8
    case .boolean(let value): output += (value ? "true" : "false").utf8
    case .number(let number): write(number)
    case .string(let text): write(text)
    case .array(let elements): write(elements, depth: depth)
    case .object(let object): write(object, depth: depth)
    }
  }

  private mutating func write(_ elements: [JSONValue], depth: Int) {
    let isBroken = format.isIndented && elements.contains(where: \.isContainer)
    output.append(UInt8(ascii: "["))
    for (index, element) in elements.enumerated() {
      separate(index, isBroken: isBroken, depth: depth + 1)
      write(element, depth: depth + 1)
    }
    if isBroken { breakLine(depth) }
    output.append(UInt8(ascii: "]"))
  }

  private mutating func write(_ object: JSONObject, depth: Int) {
    let members =
      format.sortsMembers ? object.members.sorted { $0.name < $1.name } : object.members
    let isBroken = format.isIndented && !members.isEmpty
    output.append(UInt8(ascii: "{"))
    for (index, member) in members.enumerated() {
      separate(index, isBroken: isBroken, depth: depth + 1)
      write(member.name)
      output += (format.isIndented ? ": " : ":").utf8
      write(member.value, depth: depth + 1)
    }
    if isBroken { breakLine(depth) }
    output.append(UInt8(ascii: "}"))
  }

  /// Writes what stands before an item of an array or object.
  /// - Parameter isBroken: True if each item has a line of its own.
  private mutating func separate(_ index: Int, isBroken: Bool, depth: Int) {
    if index > 0 { output += (format.isIndented && !isBroken ? ", " : ",").utf8 }
    if isBroken { breakLine(depth) }
  }

  private mutating func breakLine(_ depth: Int) {
    output.append(UInt8(ascii: "\n"))
    output += repeatElement(UInt8(ascii: " "), count: 2 * depth)
  }

  private mutating func write(_ number: JSONNumber) {
    let text = number.spelling
    let isShortened = format.spelling == .short && text.utf8.suffix(2).elementsEqual(".0".utf8)
    output += text.utf8.dropLast(isShortened ? 2 : 0)
  }

  private mutating func write(_ text: ByteString) {
    // A JSON text is UTF-8 (RFC 8259 §8.1), whatever the caller had.
    var rest = text.isUTF8 ? text.bytes : Array(String(decoding: text, as: UTF8.self).utf8)[...]
    let escapesDelete = format.spelling == .explicit
    output.append(UInt8(ascii: "\""))
    while let position = rest.firstIndex(where: { byte in
      byte < 0x20 || byte == UInt8(ascii: "\"") || byte == UInt8(ascii: "\\")
        || byte == 0x7F && escapesDelete
    }) {
      output += rest[..<position]
      writeEscape(of: rest[position])
      rest = rest[(position + 1)...]
    }
    output += rest
    output.append(UInt8(ascii: "\""))
  }

  private mutating func writeEscape(of byte: UInt8) {
    let escape =
      switch (byte, format.spelling) {
      case (UInt8(ascii: "\""), _): "\\\""
      case (UInt8(ascii: "\\"), _): "\\\\"
      case (0x0A, _): "\\n"
      case (0x08, .short): "\\b"
      case (0x09, .short): "\\t"
      case (0x0C, .short): "\\f"
      case (0x0D, .short): "\\r"
      default: "\\u00" + (byte < 0x10 ? "0" : "") + String(byte, radix: 16)
      }
    output += escape.utf8
  }
}
