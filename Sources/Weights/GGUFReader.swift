import Text

/// Reads the values of a GGUF header one after another, in little-endian order.
///
/// Nothing is allocated for a length or a count that the rest of the file could not hold.
/// - Note: ggml-org/ggml, docs/gguf.md.
struct GGUFReader {
  private let file: MappedFile
  private let name: String
  /// The next byte.
  private(set) var position = 0

  /// Deeper arrays have no use.
  private static let nestingLimit = 4
  /// Longer texts are no names; they are skipped.
  private static let textLimit = 1024

  /// A value of a key, as far as it is of use.
  enum Value: Equatable {
    case integer(Int)
    case text(ByteString)
    case integers([Int])
    /// Floats, long texts, tokens.
    case skipped
  }

  /// The types of values.
  private enum Kind: UInt32 {
    case uint8, int8, uint16, int16, uint32, int32, float32, bool, string, array, uint64, int64
    case float64

    /// Bytes of a value; nil where they differ.
    var byteCount: Int? {
      switch self {
      case .uint8, .int8, .bool: 1
      case .uint16, .int16: 2
      case .uint32, .int32, .float32: 4
      case .uint64, .int64, .float64: 8
      case .string, .array: nil
      }
    }
  }

  init(_ file: MappedFile, name: String) {
    self.file = file
    self.name = name
  }

  /// Bytes behind the position.
  var rest: Int { file.byteCount - position }

  /// Returns the error for what stands at the position.
  func failure(_ detail: String) -> WeightsError {
    WeightsError(.malformed, file: name, "\(detail) (header byte \(position))")
  }

  private mutating func bytes(_ count: Int) throws(WeightsError) -> [UInt8] {
    guard count >= 0, count <= rest else { throw failure("the header is cut off") }
    defer { position += count }
    return file.bytes(position..<position + count)
  }

  private mutating func skip(_ count: Int) throws(WeightsError) {
    guard count >= 0, count <= rest else { throw failure("the header is cut off") }
    position += count
  }

  /// Reads an unsigned integer of some bytes.
  private mutating func unsigned(_ count: Int) throws(WeightsError) -> UInt64 {
    try bytes(count).reversed().reduce(0) { $0 << 8 | UInt64($1) }
  }

  /// Reads four bytes.
  mutating func word() throws(WeightsError) -> UInt32 { UInt32(try unsigned(4)) }

  /// Reads a size, an offset or a count of things that take at least some bytes each.
  mutating func count(of what: String, byteCount: Int = 0) throws(WeightsError) -> Int {
    let value = try unsigned(8)
    guard let count = Int(exactly: value), byteCount == 0 || count <= rest / byteCount else {
      throw failure("\(value) \(what) are more than the file can hold")
    }
    return count
  }

  /// Reads a text; nil if it is too long for a name, and then skipped.
  private mutating func text() throws(WeightsError) -> ByteString? {
    let length = try count(of: "bytes of text", byteCount: 1)
    guard length <= Self.textLimit else {
      try skip(length)
      return nil
    }
    return ByteString(try bytes(length))
  }

  /// Reads the name of a key or a tensor, which must be ASCII, as in every published file, so that comparing strings
  /// compares bytes.
  mutating func name(of what: String) throws(WeightsError) -> String {
    guard let text = try text(), text.isASCII, let name = text.string(limit: Self.textLimit) else {
      throw failure("the name of a \(what) is not ASCII of at most \(Self.textLimit) bytes")
    }
    return name
  }

  private mutating func kind() throws(WeightsError) -> Kind {
    let number = try word()
    guard let kind = Kind(rawValue: number) else { throw failure("a value has the type \(number)") }
    return kind
  }

  /// Reads the value of a key.
  mutating func value() throws(WeightsError) -> Value {
    let kind = try kind()
    return kind == .array ? try array(depth: 1) : try value(kind)
  }

  private mutating func value(_ kind: Kind) throws(WeightsError) -> Value {
    switch kind {
    case .string: return try text().map { .text($0) } ?? .skipped
    case .float32, .float64:
      try skip(kind.byteCount ?? 0)
      return .skipped
    case .int8, .int16, .int32, .int64:
      let width = kind.byteCount ?? 0
      let shift = 64 - 8 * width
      return .integer(Int(Int64(bitPattern: try unsigned(width) << shift) >> shift))
    default:
      return Int(exactly: try unsigned(kind.byteCount ?? 0)).map { .integer($0) } ?? .skipped
    }
  }

  /// Reads an array; all but short ones of integers are skipped.
  private mutating func array(depth: Int) throws(WeightsError) -> Value {
    guard depth <= Self.nestingLimit else { throw failure("arrays are nested too deeply") }
    let kind = try kind()
    let count = try count(of: "elements", byteCount: kind.byteCount ?? 8)
    if let width = kind.byteCount, count > 8 || kind == .float32 || kind == .float64 {
      try skip(count * width)
      return .skipped
    }
    var integers: [Int] = []
    for _ in 0..<count {
      let value = kind == .array ? try array(depth: depth + 1) : try value(kind)
      if case .integer(let integer) = value, integers.count < 8 { integers.append(integer) }
    }
    return kind.byteCount == nil ? .skipped : .integers(integers)
  }

  /// Moves to the next multiple of an alignment.
  mutating func align(to alignment: Int) throws(WeightsError) {
    let over = position % alignment
    if over > 0 { try skip(min(alignment - over, rest)) }
  }
}
