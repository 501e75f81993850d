import JSON
public import Tensors

/// The description of a tensor that is to be written.
public struct TensorInfo: Sendable, Equatable {
  /// The name in the file; ASCII of at most 1024 bytes, as readers require.
  public let name: String
  /// The element type.
  public let dtype: DType
  /// The extent of each axis; empty for a scalar.
  public let shape: [Int]

  /// Describes a tensor.
  public init(name: String, dtype: DType, shape: [Int]) {
    self.name = name
    self.dtype = dtype
    self.shape = shape
  }

  /// Bytes of its elements.
  public var byteCount: Int { shape.reduce(dtype.byteCount, *) }
}

/// Writes a safetensors file (spec §1.6), header first, then the elements of one tensor after the other.
///
/// Nothing but the part that is being written is held in memory.
public struct SafetensorsWriter: ~Copyable {
  private let file: NewFile
  private let byteCount: Int
  private var written = 0

  /// Creates a file, which must not exist, and writes its header.
  /// - Parameters:
  ///   - path: The file.
  ///   - tensors: The tensors in the order in which their elements will be written.
  ///   - metadata: The header's `__metadata__`.
  public init(
    path: String, tensors: [TensorInfo], metadata: [String: String] = ["format": "pt"]
  ) throws(WeightsError) {
    let file = try NewFile(path: path)
    let header = Self.header(of: tensors, metadata)
    let length = (0..<UInt64(8)).map { UInt8(truncatingIfNeeded: UInt64(header.count) >> (8 * $0)) }
    try file.write(length + header)
    self.file = file
    byteCount = tensors.reduce(0) { $0 + $1.byteCount }
  }

  /// Appends elements.
  public mutating func write(_ elements: [UInt8]) throws(WeightsError) {
    written += elements.count
    precondition(written <= byteCount, "\(written) bytes for tensors of \(byteCount)")
    try file.write(elements)
  }

  /// Writes everything to the disk, so that a rename is safe against a loss of power.
  public borrowing func synchronize() throws(WeightsError) { try file.synchronize() }

  /// Ends the file, once all elements are written.
  public consuming func finish() {
    precondition(written == byteCount, "\(written) bytes for tensors of \(byteCount)")
  }

  private static func header(of tensors: [TensorInfo], _ metadata: [String: String]) -> [UInt8] {
    let entries = metadata.sorted { $0.key < $1.key }
    var fields: [(String, JSONValue)] = [
      ("__metadata__", .object(entries.map { ($0.key, .string($0.value)) }))
    ]
    var offset = 0
    for tensor in tensors {
      let end = offset + tensor.byteCount
      let description: JSONValue = [
        "dtype": .string(tensor.dtype.rawValue),
        "shape": .array(tensor.shape.map { .integer($0) }),
        "data_offsets": [.integer(offset), .integer(end)],
      ]
      fields.append((tensor.name, description))
      offset = end
    }
    let text = JSONValue.object(fields).bytes()
    // Blanks align the elements to 8 bytes, as the format's own writer does.
    return text + [UInt8](repeating: UInt8(ascii: " "), count: (8 - text.count % 8) % 8)
  }
}
