import Glibc
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
  private let path: String
  private let descriptor: Int32
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
    self.path = path
    byteCount = tensors.reduce(0) { $0 + $1.byteCount }
    descriptor = unsafe open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o666)
    guard descriptor >= 0 else { throw Self.failure(path) }
    let header = Self.header(of: tensors, metadata)
    let length = (0..<UInt64(8)).map { UInt8(truncatingIfNeeded: UInt64(header.count) >> (8 * $0)) }
    try Self.write(length + header, to: descriptor, path)
  }

  deinit { close(descriptor) }

  /// Appends elements.
  public mutating func write(_ elements: [UInt8]) throws(WeightsError) {
    written += elements.count
    precondition(written <= byteCount, "\(written) bytes for tensors of \(byteCount)")
    try Self.write(elements, to: descriptor, path)
  }

  /// Writes everything to the disk, so that a rename is safe against a loss of power.
  public borrowing func synchronize() throws(WeightsError) {
    guard fsync(descriptor) == 0 else { throw Self.failure(path) }
  }

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

  private static func write(
    _ bytes: [UInt8], to descriptor: Int32, _ path: String
  ) throws(WeightsError) {
    var start = 0
    while start < bytes.count {
      let count = unsafe bytes.withUnsafeBytes { buffer in
        let rest = unsafe buffer[start...]
        return unsafe Glibc.write(
          descriptor, UnsafeRawBufferPointer(rebasing: rest).baseAddress, rest.count)
      }
      if count < 0, errno == EINTR { continue }
      guard count > 0 else { throw failure(path) }
      start += count
    }
  }

  private static func failure(_ path: String) -> WeightsError {
    let reason = unsafe String(cString: strerror(errno))
    return WeightsError(.unwritable, file: path, "cannot be written (\(reason))")
  }
}
