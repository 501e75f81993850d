public import Tensors

/// The description of a tensor that is to be written into a GGUF file.
public struct GGUFTensorInfo: Sendable, Equatable {
  /// The forms of elements that are written.
  public enum Elements: Sendable, Equatable {
    /// Elements of their own: floats.
    case plain(DType)
    /// ggml's blocks.
    case blocks(WeightEncoding.Format)
  }

  /// The name in the file, ASCII of at most 1024 bytes.
  public let name: String
  /// The form of the elements.
  public let elements: Elements
  /// The extent of each axis, outermost first.
  public let shape: [Int]

  /// Describes a tensor.
  /// - Precondition: GGUF has the form, and rows are whole blocks.
  public init(name: String, elements: Elements, shape: [Int]) {
    self.name = name
    self.elements = elements
    self.shape = shape
    precondition(
      !shape.isEmpty && (shape.last ?? 0) % type.block.values == 0,
      "\(name) \(shape) as \(elements)")
  }

  /// The type in the file.
  var type: GGUFType {
    let found =
      switch elements {
      case .plain(let type): GGUFType.allCases.first { $0.dtype == type }
      case .blocks(let format): GGUFType.allCases.first { $0.format == format }
      }
    guard let found else { preconditionFailure("GGUF has no \(elements)") }
    return found
  }

  /// Bytes of the elements.
  public var byteCount: Int {
    let block = type.block
    return shape.reduce(1, *) / block.values * block.byteCount
  }
}

/// Writes a GGUF file, header first, then the elements of one tensor after the other.
///
/// Nothing but the part that is being written is held in memory.
/// - Note: ggml-org/ggml, docs/gguf.md.
public struct GGUFWriter: ~Copyable {
  /// A value of a key.
  public enum Value: Sendable, Equatable {
    /// A text.
    case text(String)
    /// A whole number of 32 bits.
    case integer(UInt32)
    /// A number of single precision.
    case float(Float)
  }

  private static let alignment = 32
  private let file: NewFile
  /// Bytes of each tensor, padding left out.
  private let sizes: [Int]
  private var index = 0
  private var written = 0

  /// Creates a file, which must not exist, and writes its header.
  /// - Parameters:
  ///   - path: The file.
  ///   - tensors: The tensors in the order in which their elements will be written.
  ///   - keys: Names and values.
  public init(
    path: String, tensors: [GGUFTensorInfo], keys: [(name: String, value: Value)]
  ) throws(WeightsError) {
    let file = try NewFile(path: path)
    var header = Array("GGUF".utf8) + Self.little(UInt32(3))
    header += Self.little(UInt64(tensors.count)) + Self.little(UInt64(keys.count))
    for key in keys {
      header += Self.text(key.name)
      switch key.value {
      case .text(let text): header += Self.little(UInt32(8)) + Self.text(text)
      case .integer(let number): header += Self.little(UInt32(4)) + Self.little(number)
      case .float(let number): header += Self.little(UInt32(6)) + Self.little(number.bitPattern)
      }
    }
    var offset = 0
    for tensor in tensors {
      header += Self.text(tensor.name) + Self.little(UInt32(tensor.shape.count))
      for extent in tensor.shape.reversed() { header += Self.little(UInt64(extent)) }
      header += Self.little(tensor.type.rawValue) + Self.little(UInt64(offset))
      offset += tensor.byteCount + Self.padding(after: tensor.byteCount).count
    }
    try file.write(header + Self.padding(after: header.count))
    self.file = file
    sizes = tensors.map(\.byteCount)
  }

  /// Appends elements of one tensor.
  public mutating func write(_ elements: [UInt8]) throws(WeightsError) {
    precondition(index < sizes.count, "\(elements.count) bytes behind the last tensor")
    written += elements.count
    precondition(written <= sizes[index], "\(written) bytes for a tensor of \(sizes[index])")
    try file.write(elements)
    guard written == sizes[index] else { return }
    try file.write(Self.padding(after: written))
    (index, written) = (index + 1, 0)
  }

  /// Writes everything to the disk, so that a rename is safe against a loss of power.
  public borrowing func synchronize() throws(WeightsError) { try file.synchronize() }

  /// Ends the file, once all elements are written.
  public consuming func finish() {
    precondition(index == sizes.count, "\(index) of \(sizes.count) tensors are written")
  }

  private static func little(_ value: some FixedWidthInteger) -> [UInt8] {
    (0..<value.bitWidth / 8).map { UInt8(truncatingIfNeeded: value >> (8 * $0)) }
  }

  private static func text(_ text: String) -> [UInt8] {
    little(UInt64(text.utf8.count)) + Array(text.utf8)
  }

  private static func padding(after count: Int) -> [UInt8] {
    [UInt8](repeating: 0, count: (alignment - count % alignment) % alignment)
  }
}
