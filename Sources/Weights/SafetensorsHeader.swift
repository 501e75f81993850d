import JSON
import Tensors
import Text

/// The entry of one tensor in a safetensors header.
struct SafetensorsEntry: Equatable {
  /// The name in the file.
  var name: String
  /// The element type.
  var dtype: DType
  /// The extent of each axis; empty for a scalar.
  var shape: [Int]
  /// The elements' bytes within the data buffer.
  var range: Range<Int>
}

/// The header of a safetensors file, validated against the length of its data buffer (spec §1.6).
struct SafetensorsHeader {
  /// Maximum length of a header in bytes, as in the format's reference implementation.
  static let byteLimit = 100_000_000
  /// Maximum number of axes; models use at most 4.
  static let axisLimit = 8
  /// Maximum length of a name in bytes; those of adapters have about 120.
  static let nameLimit = 1024

  /// The tensors, ordered by offset.
  private(set) var entries: [SafetensorsEntry] = []
  /// The optional `__metadata__`.
  private(set) var metadata: [ByteString: ByteString] = [:]

  /// Parses and checks a header.
  /// - Parameters:
  ///   - bytes: The header without its length prefix.
  ///   - dataByteCount: Length of the data buffer after the header.
  ///   - file: The file's name in messages.
  init(_ bytes: [UInt8], dataByteCount: Int, file: String) throws(WeightsError) {
    var json = JSONReader(bytes)
    do {
      try read(&json)
    } catch {
      throw error.kind == .unsupported
        ? WeightsError(.unsupported, file: file, error.problem)
        : WeightsError(.malformed, file: file, "\(error.problem) (header byte \(error.position))")
    }
    entries.sort {
      ($0.range.lowerBound, $0.range.upperBound) < ($1.range.lowerBound, $1.range.upperBound)
    }
    try Self.checkTiling(of: entries, dataByteCount: dataByteCount, file: file)
  }

  /// Parses the header: objects whose values are strings and lists of whole numbers (spec §1.6).
  private mutating func read(_ json: inout JSONReader) throws(JSONError) {
    try json.beginObject()
    while let name = try json.nextName() {
      if name == "__metadata__" {
        try json.beginObject()
        while let key = try json.nextName() { metadata[key] = try json.string() }
      } else {
        entries.append(try SafetensorsEntry(name: Self.name(name, json), from: &json))
      }
    }
    try json.end()
  }

  /// Returns the name of a tensor as a `String`.
  ///
  /// It must be ASCII, as in every published model, so that comparing strings compares bytes.
  private static func name(
    _ name: ByteString, _ json: JSONReader
  ) throws(JSONError) -> String {
    guard name.isASCII, let text = name.string(limit: nameLimit) else {
      throw json.error(
        "the tensor name '\(name)' is not ASCII of at most \(nameLimit) bytes")
    }
    return text
  }

  /// Checks that the tensors fill the buffer without overlaps or gaps, as the format requires.
  private static func checkTiling(
    of entries: [SafetensorsEntry], dataByteCount: Int, file: String
  ) throws(WeightsError) {
    var end = 0
    for entry in entries {
      guard entry.range.upperBound <= dataByteCount else {
        throw WeightsError(
          .malformed, file: file,
          "\(entry.name) ends at byte \(entry.range.upperBound) of \(dataByteCount) (cut off?)")
      }
      guard entry.range.lowerBound == end else {
        let what = entry.range.lowerBound < end ? "overlaps the tensor before it" : "leaves a gap"
        throw WeightsError(.malformed, file: file, "\(entry.name) \(what)")
      }
      end = entry.range.upperBound
    }
    guard end == dataByteCount else {
      throw WeightsError(
        .malformed, file: file, "\(dataByteCount - end) bytes behind the last tensor")
    }
  }
}

extension SafetensorsEntry {
  /// Reads the object that describes one tensor.
  init(name: String, from json: inout JSONReader) throws(JSONError) {
    var spelling: ByteString?
    var shape: [Int]?
    var offsets: [Int]?
    try json.beginObject()
    while let key = try json.nextName() {
      switch key {
      case "dtype": spelling = try json.string()
      case "shape": shape = try json.numbers(limit: SafetensorsHeader.axisLimit)
      case "data_offsets": offsets = try json.numbers(limit: 2)
      default: throw json.error("\(name) has an unknown field '\(key)'")
      }
    }
    guard let spelling, let shape, let offsets, offsets.count == 2, offsets[0] <= offsets[1] else {
      throw json.error("\(name) lacks a dtype, a shape or two ascending data_offsets")
    }
    guard let dtype = DType.allCases.first(where: { spelling.equals($0.rawValue) }) else {
      throw json.error("\(name) is stored as \(spelling), which is not supported", .unsupported)
    }
    self.init(name: name, dtype: dtype, shape: shape, range: offsets[0]..<offsets[1])
    guard let needed = Self.byteCount(shape, dtype), needed == range.count else {
      throw json.error("\(name) \(shape) as \(spelling) does not take \(range.count) bytes")
    }
  }

  /// Returns the size of a shape in bytes; `nil` if any product of its axes overflows.
  private static func byteCount(_ shape: [Int], _ dtype: DType) -> Int? {
    // Count zeros as one, so that no partial product of the axes overflows either.
    var count = dtype.byteCount
    for extent in shape {
      let (product, overflow) = count.multipliedReportingOverflow(by: max(extent, 1))
      guard !overflow else { return nil }
      count = product
    }
    return shape.contains(0) ? 0 : count
  }
}

extension JSONReader {
  /// Reads a list of at most `limit` whole numbers.
  fileprivate mutating func numbers(limit: Int) throws(JSONError) -> [Int] {
    var numbers: [Int] = []
    try beginArray()
    while try nextElement() {
      guard numbers.count < limit else { throw error("more than \(limit) numbers in a list") }
      numbers.append(try wholeNumber())
    }
    return numbers
  }
}
