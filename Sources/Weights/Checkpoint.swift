import Files
import FoundationEssentials
import Hashing
public import Tensors
public import Text

/// The tensors of a safetensors file, of a sharded one, or of a GGUF file, mapped into memory.
///
/// Opening reads only the headers; the pages of a tensor are read when it is used, and no tensor is
/// copied whole. The files must not be overwritten in place while the checkpoint is in use;
/// replacing them by renaming is safe.
public struct Checkpoint: Sendable {
  /// The tensors by name.
  public var tensors: [String: WeightTensor]
  /// The path of the file or directory, for messages.
  public let name: String
  /// The `__metadata__` of the header, with shards the first value of each key; of a GGUF file, the keys whose values
  /// are integers or short texts.
  public let metadata: [ByteString: ByteString]
  /// The format of the files.
  public let container: Container

  /// The formats of files of weights; the raw values are their names.
  public enum Container: String, Sendable {
    /// Safetensors, in one file or several.
    case safetensors
    /// GGUF.
    case gguf = "GGUF"
  }

  /// Creates a checkpoint from tensors in memory.
  public init(
    tensors: [String: WeightTensor], name: String, metadata: [ByteString: ByteString] = [:],
    container: Container = .safetensors
  ) {
    self.tensors = tensors
    self.name = name
    self.metadata = metadata
    self.container = container
  }

  /// Returns the same files with other tensors.
  public func replacing(_ tensors: [String: WeightTensor]) -> Checkpoint {
    Checkpoint(tensors: tensors, name: name, metadata: metadata, container: container)
  }

  /// Maps a single file: GGUF by its first bytes, safetensors otherwise.
  /// - Parameters:
  ///   - file: The file.
  ///   - isCopied: True to read the file into memory, so that truncating it later has no effect.
  ///   - containers: The formats that are read.
  public static func open(
    file: String, isCopied: Bool = false, containers: Set<Container> = [.safetensors, .gguf]
  ) throws(WeightsError) -> Checkpoint {
    let mapped = try MappedFile(path: file, name: file, isCopied: isCopied)
    let start = mapped.bytes(0..<min(mapped.byteCount, FileKind.prefixLength))
    if containers.contains(.gguf), FileKind.sniff(start) == .gguf {
      return try open(gguf: mapped, name: file)
    }
    if let words = FileKind.mismatch(start, expecting: .safetensors) {
      throw WeightsError(.malformed, file: file, words)
    }
    return try open(safetensors: mapped, name: file)
  }

  private static func open(
    gguf mapped: MappedFile, name: String
  ) throws(WeightsError) -> Checkpoint {
    let header = try GGUFHeader(mapped, name: name)
    let tensors = header.entries.map { entry in
      let address = mapped.address + UInt(entry.range.lowerBound)
      let encoding = entry.type.format.map { WeightEncoding($0, rowCount: entry.shape[0]) }
      let tensor = WeightTensor(
        shape: entry.shape, dtype: entry.type.dtype ?? .uint8, address: address, owner: mapped,
        encoding: encoding)
      return (entry.name, tensor)
    }
    return Checkpoint(
      tensors: Dictionary(tensors) { first, _ in first }, name: name, metadata: header.metadata,
      container: .gguf)
  }

  private static func open(
    safetensors mapped: MappedFile, name file: String
  ) throws(WeightsError) -> Checkpoint {
    let prefix = MemoryLayout<UInt64>.size
    guard mapped.byteCount >= prefix else {
      throw WeightsError(.malformed, file: file, "is shorter than a safetensors header")
    }
    let length = mapped.bytes(0..<prefix).reversed().reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
    guard length <= UInt64(SafetensorsHeader.byteLimit) else {
      throw WeightsError(
        .malformed, file: file,
        "is no safetensors file: its first bytes would announce a header of \(length) bytes")
    }
    guard length <= UInt64(mapped.byteCount - prefix) else {
      throw WeightsError(.malformed, file: file, "a header of \(length) bytes (cut off?)")
    }
    let dataStart = prefix + Int(length)
    let header = try SafetensorsHeader(
      mapped.bytes(prefix..<dataStart), dataByteCount: mapped.byteCount - dataStart, file: file)
    let base = mapped.address + UInt(dataStart)
    let tensors = header.entries.map { entry in
      let tensor = WeightTensor(
        shape: entry.shape, dtype: entry.dtype,
        address: base + UInt(entry.range.lowerBound), owner: mapped)
      return (entry.name, tensor)
    }
    return Checkpoint(
      tensors: Dictionary(tensors) { first, _ in first }, name: file, metadata: header.metadata)
  }

  /// Maps the weights in a directory: `<stem>.safetensors.index.json` with its shards if it exists,
  /// otherwise `<stem>.safetensors` (spec §1.1), otherwise the one file of weights that is there.
  public static func open(directory: String, stem: String) throws(WeightsError) -> Checkpoint {
    let index = "\(directory)/\(stem).safetensors.index.json"
    if FileManager.default.fileExists(atPath: index) {
      return try open(shardsIn: directory, of: try ShardIndex(path: index), index: index)
    }
    let usual = "\(stem).safetensors"
    if FileManager.default.fileExists(atPath: "\(directory)/\(usual)") {
      return try open(file: "\(directory)/\(usual)")
    }
    let names = (try? FileManager.default.contentsOfDirectory(atPath: directory)) ?? []
    let files = names.filter { name in
      [".safetensors", ".gguf"].contains { name.utf8.suffix($0.utf8.count).elementsEqual($0.utf8) }
    }
    guard files.count <= 1 else {
      throw WeightsError(
        .unreadable, file: directory,
        "has no \(usual), and several other files of weights: \(files.sorted().joined(separator: ", "))"
      )
    }
    return try open(file: "\(directory)/\(files.first ?? usual)")
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

extension Checkpoint {
  /// Bytes per sample.
  private static let sampleSize = 256
  /// Samples per tensor, evenly spaced from its first byte to its last.
  private static let sampleCount = 4

  /// Returns a stable identity of the weights: equal for a sharded and a single-file copy,
  /// different if any name, type, shape or sampled element differs.
  ///
  /// It hashes every tensor's description and at most 1 KiB of its elements, which takes
  /// milliseconds; hashing all bytes of a full-size model would take a minute. It identifies the
  /// model in an image's metadata; it does not protect against deliberate collisions.
  /// - Parameter unread: Names of tensors that the model never reads; they are described, and none of their
  ///   pages is touched.
  /// - Returns: 64 hexadecimal digits.
  public func fingerprint(describing unread: [String] = []) -> String {
    let unread = Set(unread)  // own text: the header's names are ASCII.
    var hash = SHA256()
    for (name, tensor) in tensors.sorted(by: { $0.key.utf8.lexicographicallyPrecedes($1.key.utf8) })
    {
      hash.update(
        "\(name.utf8.count) \(name) \(tensor.formatName) \(tensor.shape)\n".utf8)
      if unread.contains(name) { continue }
      if let encoding = tensor.encoding { hash.update(encoding.scaleSample) }
      tensor.readingSparsely {
        for range in Self.samples(byteCount: tensor.byteCount) { hash.update(tensor.bytes(range)) }
      }
    }
    return hash.finalize().hexadecimal
  }

  /// Returns the identity of a model made of several checkpoints, of their identities in this order.
  public static func fingerprint(joining fingerprints: [String]) -> String {
    SHA256.hash(fingerprints.joined(separator: "\n").utf8).hexadecimal
  }

  /// Identifies the state of the files: their sizes and times of modification, hashed; not their contents.
  public var fileStamp: String {
    var files: [ObjectIdentifier: String] = [:]
    for tensor in tensors.values {
      guard let file = tensor.owner as? MappedFile else { continue }
      files[ObjectIdentifier(file)] = "\(file.byteCount) \(file.modificationTime)"
    }
    return SHA256.hash(files.values.sorted().joined(separator: "\n").utf8).hexadecimal
  }

  private static func samples(byteCount: Int) -> [Range<Int>] {
    guard byteCount > sampleSize * sampleCount else { return [0..<byteCount] }
    let last = byteCount - sampleSize
    return (0..<sampleCount).map { index in
      let start = last * index / (sampleCount - 1)
      return start..<start + sampleSize
    }
  }

}
