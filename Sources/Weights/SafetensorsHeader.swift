internal import Tensors
internal import Text

/// What a safetensors header says about one tensor.
struct HeaderEntry: Equatable {
  /// Name in the file.
  var name: String
  /// How the elements are written.
  var elementType: DType
  /// Extent of each axis; empty for a single number.
  var shape: [Int]
  /// Bytes of the data buffer that hold the elements.
  var range: Range<Int>
}

/// The header of a safetensors file, checked against the length of its data buffer (spec §1.6).
struct Header {
  /// Longer headers are refused, as the format's reference implementation does.
  static let byteLimit = 100_000_000
  /// Longer shapes are refused; models use at most 4 axes.
  static let axisLimit = 8
  /// Longer names are refused; those of adapters have some 120 bytes.
  static let nameLimit = 1024

  /// The tensors, in the order of their bytes.
  private(set) var entries: [HeaderEntry] = []
  /// The optional `__metadata__`.
  private(set) var metadata: [ByteString: ByteString] = [:]

  /// Parses and checks a header.
  /// - Parameters:
  ///   - bytes: The header alone.
  ///   - dataByteCount: Length of the data buffer behind it.
  ///   - file: What messages call the file.
  init(_ bytes: [UInt8], dataByteCount: Int, file: String) throws(WeightsError) {
    var reader = HeaderReader(bytes, file: file)
    var entries: [HeaderEntry] = []
    var metadata: [ByteString: ByteString] = [:]
    try reader.object { (reader, name) throws(WeightsError) in
      if name == "__metadata__" {
        try reader.object { (reader, key) throws(WeightsError) in
          metadata[key] = try reader.string()
        }
      } else {
        entries.append(
          try HeaderEntry(name: Self.name(name, reader), from: &reader, file: file))
      }
    }
    try reader.end()
    entries.sort {
      ($0.range.lowerBound, $0.range.upperBound) < ($1.range.lowerBound, $1.range.upperBound)
    }
    try Self.checkTiling(of: entries, dataByteCount: dataByteCount, file: file)
    self.entries = entries
    self.metadata = metadata
  }

  /// The name of a tensor as a `String`: ASCII, as in every published model, where comparing
  /// strings is comparing bytes.
  private static func name(
    _ name: ByteString, _ reader: HeaderReader
  ) throws(WeightsError) -> String {
    guard name.isASCII, let text = name.string(limit: nameLimit) else {
      throw reader.failure(
        "the tensor name '\(name)' is not ASCII of at most \(nameLimit) bytes")
    }
    return text
  }

  /// The tensors must fill the buffer without overlap and without gaps, as the format demands.
  private static func checkTiling(
    of entries: [HeaderEntry], dataByteCount: Int, file: String
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

extension HeaderEntry {
  /// Reads the object that describes one tensor.
  init(name: String, from reader: inout HeaderReader, file: String) throws(WeightsError) {
    var dtype: ByteString?
    var shape: [Int]?
    var offsets: [Int]?
    try reader.object { (reader, key) throws(WeightsError) in
      switch key {
      case "dtype": dtype = try reader.string()
      case "shape": shape = try reader.numbers(limit: Header.axisLimit)
      case "data_offsets": offsets = try reader.numbers(limit: 2)
      default: throw reader.failure("\(name) has an unknown field '\(key)'")
      }
    }
    guard let dtype, let shape, let offsets, offsets.count == 2, offsets[0] <= offsets[1] else {
      throw reader.failure("\(name) lacks a dtype, a shape or two ascending data_offsets")
    }
    guard let elementType = DType.allCases.first(where: { dtype.equals($0.rawValue) }) else {
      throw WeightsError(
        .unsupported, file: file, "\(name) is stored as \(dtype), which is not supported")
    }
    self.init(
      name: name, elementType: elementType, shape: shape, range: offsets[0]..<offsets[1])
    guard let needed = Self.byteCount(shape, elementType), needed == range.count else {
      throw reader.failure("\(name) \(shape) as \(dtype) does not take \(range.count) bytes")
    }
  }

  /// Bytes that a shape takes; `nil` when any product of its axes overflows.
  private static func byteCount(_ shape: [Int], _ elementType: DType) -> Int? {
    // Zeros count as one here: products of some of the axes must not overflow either.
    var count = elementType.byteCount
    for extent in shape {
      let (product, overflow) = count.multipliedReportingOverflow(by: max(extent, 1))
      guard !overflow else { return nil }
      count = product
    }
    return shape.contains(0) ? 0 : count
  }
}
