internal import Files
internal import FoundationEssentials
public import Tensors
public import Text

/// The tensors of a safetensors file, or of the shards of one, mapped into memory.
///
/// Nothing is read but the headers until a tensor is used, and nothing is ever copied whole. The files
/// must not be overwritten in place while the checkpoint lives; replacing them by renaming is safe.
public struct Checkpoint: Sendable {
  /// The tensors by their names in the file.
  public var tensors: [String: WeightTensor]
  /// The file or folder, for messages.
  public let name: String
  /// The `__metadata__` of the header; of shards, what the first to mention a key says.
  public let metadata: [ByteString: ByteString]

  /// Wraps tensors that are already in memory.
  public init(
    tensors: [String: WeightTensor], name: String, metadata: [ByteString: ByteString] = [:]
  ) {
    self.tensors = tensors
    self.name = name
    self.metadata = metadata
  }

  /// Maps a single safetensors file.
  /// - Parameters:
  ///   - file: The file.
  ///   - isCopied: Whether to read it into memory instead, where whoever cuts the file cannot reach it.
  public static func open(file: String, isCopied: Bool = false) throws(WeightsError) -> Checkpoint {
    let mapped = try MappedFile(path: file, name: file, isCopied: isCopied)
    let start = mapped.bytes(0..<min(mapped.byteCount, FileKind.prefixLength))
    if let words = FileKind.mismatch(start, expecting: .safetensors) {
      throw WeightsError(.malformed, file: file, words)
    }
    let prefix = MemoryLayout<UInt64>.size
    guard mapped.byteCount >= prefix else {
      throw WeightsError(.malformed, file: file, "is shorter than a safetensors header")
    }
    let length = mapped.bytes(0..<prefix).reversed().reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
    guard length <= UInt64(Header.byteLimit) else {
      throw WeightsError(
        .malformed, file: file,
        "is no safetensors file: its first bytes would announce a header of \(length) bytes")
    }
    guard length <= UInt64(mapped.byteCount - prefix) else {
      throw WeightsError(.malformed, file: file, "a header of \(length) bytes (cut off?)")
    }
    let dataStart = prefix + Int(length)
    let header = try Header(
      mapped.bytes(prefix..<dataStart), dataByteCount: mapped.byteCount - dataStart, file: file)
    let base = mapped.address + UInt(dataStart)
    let tensors = header.entries.map { entry in
      let tensor = WeightTensor(
        shape: entry.shape, elementType: entry.elementType,
        address: base + UInt(entry.range.lowerBound), owner: mapped)
      return (entry.name, tensor)
    }
    return Checkpoint(
      tensors: Dictionary(tensors) { first, _ in first }, name: file, metadata: header.metadata)
  }

  /// Maps the weights in a folder: `<stem>.safetensors.index.json` with its shards if it exists, else
  /// `<stem>.safetensors` (spec §1.1).
  public static func open(directory: String, stem: String) throws(WeightsError) -> Checkpoint {
    let index = "\(directory)/\(stem).safetensors.index.json"
    guard FileManager.default.fileExists(atPath: index) else {
      return try open(file: "\(directory)/\(stem).safetensors")
    }
    return try open(shardsIn: directory, of: try ShardIndex(path: index), index: index)
  }

  private static func open(
    shardsIn directory: String, of index: ShardIndex, index path: String
  ) throws(WeightsError) -> Checkpoint {
    var tensors: [String: WeightTensor] = [:]
    var metadata: [ByteString: ByteString] = [:]
    for file in index.files {
      let shard = try open(file: "\(directory)/\(file)")
      metadata.merge(shard.metadata) { first, _ in first }
      for name in index.tensorNames[file] ?? [] {
        guard let tensor = shard.tensors[name] else {
          throw WeightsError(.missingTensor, file: path, "\(name) is not in \(file)")
        }
        tensors[name] = tensor
      }
    }
    return Checkpoint(tensors: tensors, name: directory, metadata: metadata)
  }
}
