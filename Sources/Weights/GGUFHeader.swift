import Tensors
import Text

/// The header of a GGUF file, validated against the file's size.
///
/// Versions 2 and 3 are the same in what models use. Axes are stored fastest first, and are reversed here: a row of a
/// matrix `[D, C]` is `C` values in whole blocks.
/// - Note: ggml-org/ggml, docs/gguf.md.
struct GGUFHeader {
  /// The description of a tensor.
  struct Entry: Equatable {
    let name: String
    /// The extent of each axis, outermost first.
    var shape: [Int]
    let type: GGUFType
    /// The elements' bytes within the file.
    let range: Range<Int>
  }

  /// The tensors, ordered by offset.
  private(set) var entries: [Entry] = []
  /// The keys whose values are integers or short texts, all as text.
  private(set) var metadata: [ByteString: ByteString] = [:]
  private var shapes: [String: [Int]] = [:]
  private var alignment = 32

  private static let versions: ClosedRange<UInt32> = 2...3
  private static let axisLimit = 4
  /// Bytes that a tensor's description takes at least, and a key's.
  private static let (entrySize, keySize) = (32, 13)
  /// The converter for ComfyUI keeps the shape of a tensor that it reshaped under this key.
  private static let shapePrefix = "comfy.gguf.orig_shape."

  /// Parses and checks the header of a file.
  init(_ file: MappedFile, name: String) throws(WeightsError) {
    var reader = GGUFReader(file, name: name)
    _ = try reader.word()
    try Self.checkVersion(try reader.word(), name)
    let tensorCount = try reader.count(of: "tensors", byteCount: Self.entrySize)
    let keyCount = try reader.count(of: "keys", byteCount: Self.keySize)
    try readKeys(keyCount, &reader, name)
    var drafts: [(name: String, shape: [Int], type: GGUFType, offset: Int)] = []
    var names: Set<String> = []  // own text: names are ASCII.
    for _ in 0..<tensorCount {
      let draft = try Self.tensor(&reader, name)
      guard names.insert(draft.name).inserted else {
        throw reader.failure("\(draft.name) is there twice")
      }
      drafts.append(draft)
    }
    try reader.align(to: alignment)
    for draft in drafts {
      entries.append(
        try entry(draft, dataStart: reader.position, byteCount: file.byteCount, name))
    }
    entries.sort { $0.range.lowerBound < $1.range.lowerBound }
    for (first, second) in zip(entries, entries.dropFirst())
    where second.range.lowerBound < first.range.upperBound {
      throw WeightsError(.malformed, file: name, "\(second.name) overlaps \(first.name)")
    }
  }

  private static func checkVersion(_ version: UInt32, _ name: String) throws(WeightsError) {
    guard version & 0xFFFF != 0 else {
      throw WeightsError(.unsupported, file: name, "is a big-endian GGUF file")
    }
    guard versions.contains(version) else {
      throw WeightsError(
        .unsupported, file: name,
        "is GGUF of version \(version), expected \(versions.lowerBound) or \(versions.upperBound)")
    }
  }

  private mutating func readKeys(
    _ count: Int, _ reader: inout GGUFReader, _ name: String
  ) throws(WeightsError) {
    var keys: Set<String> = []  // own text: keys are ASCII.
    for _ in 0..<count {
      let key = try reader.name(of: "key")
      guard keys.insert(key).inserted else { throw reader.failure("the key \(key) is there twice") }
      let value = try reader.value()
      switch value {
      case .integer(let integer): metadata[ByteString(key)] = ByteString("\(integer)")
      case .text(let text): metadata[ByteString(key)] = text
      case .integers(let axes) where key.hasPrefix(Self.shapePrefix):
        shapes[String(key.dropFirst(Self.shapePrefix.count))] = axes
      case .integers, .skipped: break
      }
      if key == "general.alignment" {
        guard case .integer(let bytes) = value, bytes > 0, bytes & (bytes - 1) == 0,
          bytes <= 1 << 20
        else { throw reader.failure("the alignment is no power of two up to a megabyte") }
        alignment = bytes
      }
      if key == "split.count", case .integer(let parts) = value, parts > 1 {
        throw WeightsError(
          .unsupported, file: name,
          "is one of \(parts) parts, which `llama-gguf-split --merge` makes one file")
      }
    }
  }

  private static func tensor(
    _ reader: inout GGUFReader, _ name: String
  ) throws(WeightsError) -> (name: String, shape: [Int], type: GGUFType, offset: Int) {
    let tensor = try reader.name(of: "tensor")
    let axes = try reader.word()
    guard (1...UInt32(axisLimit)).contains(axes) else {
      throw reader.failure("\(tensor) has \(axes) axes, expected 1 to \(axisLimit)")
    }
    var shape: [Int] = []
    for _ in 0..<axes {
      let extent = try reader.count(of: "elements")
      guard extent > 0 else { throw reader.failure("\(tensor) has an axis of no extent") }
      shape.insert(extent, at: 0)
    }
    let number = try reader.word()
    guard let type = GGUFType(rawValue: number) else {
      throw WeightsError(
        .unsupported, file: name,
        "\(tensor) is stored as \(GGUFType.unsupportedName(number)), which is not supported")
    }
    return (tensor, shape, type, try reader.count(of: "bytes"))
  }

  /// Places a tensor in the file.
  private func entry(
    _ draft: (name: String, shape: [Int], type: GGUFType, offset: Int), dataStart: Int,
    byteCount: Int, _ name: String
  ) throws(WeightsError) -> Entry {
    func failure(_ detail: String) -> WeightsError {
      WeightsError(.malformed, file: name, "\(draft.name) \(detail)")
    }
    let block = draft.type.block
    guard (draft.shape.last ?? 0) % block.values == 0 else {
      throw failure(
        "has rows of \(draft.shape.last ?? 0), expected whole blocks of \(block.values)")
    }
    guard draft.offset % alignment == 0 else {
      throw failure("begins at byte \(draft.offset), no multiple of \(alignment)")
    }
    var size = block.byteCount
    for extent in draft.shape.dropLast() + [(draft.shape.last ?? 0) / block.values] {
      let (product, overflow) = size.multipliedReportingOverflow(by: extent)
      guard !overflow else { throw failure("\(draft.shape) is larger than any file") }
      size = product
    }
    guard draft.offset <= byteCount - dataStart, size <= byteCount - dataStart - draft.offset else {
      throw failure("takes \(size) bytes from \(draft.offset) on, behind the end (cut off?)")
    }
    let shape = try shape(of: draft.name, draft.shape, block.values, name)
    guard shape.count > 1 || block.values == 1 else {
      throw failure("has one axis, and blocks of \(block.values) values are for matrices")
    }
    let start = dataStart + draft.offset
    return Entry(name: draft.name, shape: shape, type: draft.type, range: start..<start + size)
  }

  /// Returns the shape that a tensor had before a converter reshaped it, or the stored one.
  private func shape(
    of tensor: String, _ stored: [Int], _ blockLength: Int, _ name: String
  ) throws(WeightsError) -> [Int] {
    guard let shape = shapes[tensor] else { return stored }
    var count = 1
    for extent in shape {
      let (product, overflow) = count.multipliedReportingOverflow(by: extent)
      count = extent > 0 && !overflow ? product : 0
    }
    // Blocks must not cross rows.
    guard count == stored.reduce(1, *), (shape.last ?? 0) % blockLength == 0 else {
      throw WeightsError(
        .malformed, file: name, "\(tensor) \(stored) cannot have had the shape \(shape)")
    }
    return shape
  }
}
