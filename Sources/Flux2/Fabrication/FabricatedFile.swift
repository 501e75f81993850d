import JSON
import Tensors
import Weights

/// One file of fabricated weights: what it holds, and how it is written row by row.
struct FabricatedFile: Sendable {
  /// A tensor of the file.
  struct Entry: Sendable {
    let name: String
    let tensor: FabricatedTensor
    /// The encoding of its elements; nil for floats.
    let encoding: WeightEncoding.Format?

    /// True if each row has a factor in another tensor.
    var isScaled: Bool { encoding == .float8E4M3 || encoding == .int8 }
  }

  let path: String
  private let entries: [Entry]
  private let format: FabricationFormat
  /// Keys of a GGUF header.
  private let keys: [(name: String, value: GGUFWriter.Value)]
  /// A tensor of one whole number behind the others, which no one reads.
  private let counter: TensorInfo?

  /// Plans a file.
  /// - Parameters:
  ///   - path: The file, without its ending.
  ///   - tensors: The tensors in the spelling of diffusers or transformers.
  ///   - format: The form of its matrices.
  ///   - keys: Keys of a GGUF header.
  ///   - counter: A tensor of one whole number behind the others.
  init(
    path: String, tensors: [FabricatedTensor], format: FabricationFormat,
    keys: [(name: String, value: GGUFWriter.Value)] = [], counter: TensorInfo? = nil
  ) {
    self.path = path + (format.isGGUF ? ".gguf" : ".safetensors")
    (self.format, self.keys, self.counter) = (format, keys, counter)
    entries = tensors.map { tensor in
      let encoding =
        tensor.shape.count == 2
        ? format.encoding(of: tensor.name, columns: tensor.shape[1]) : nil
      return Entry(name: tensor.name, tensor: tensor, encoding: encoding)
    }
  }

  /// Bytes of the elements.
  var byteCount: Int {
    format.isGGUF
      ? ggufTensors.reduce(0) { $0 + $1.byteCount } : tensors.reduce(0) { $0 + $1.byteCount }
  }

  /// Bytes that are drawn to write it.
  var drawnByteCount: Int { entries.reduce(0) { $0 + $1.tensor.stored.byteCount } }

  /// The tensors of a safetensors file.
  var tensors: [TensorInfo] {
    entries.flatMap { entry -> [TensorInfo] in
      guard let encoding = entry.encoding else { return [entry.tensor.stored] }
      let type: DType = encoding == .int8 ? .int8 : .float8E4M3
      return [
        TensorInfo(name: entry.name, dtype: type, shape: entry.tensor.shape),
        TensorInfo(
          name: "\(entry.name)_scale", dtype: .float32, shape: [entry.tensor.shape[0], 1]),
      ]
    } + (counter.map { [$0] } ?? [])
  }

  private var ggufTensors: [GGUFTensorInfo] {
    entries.map { entry in
      // Vectors are float32 there.
      let plain = GGUFTensorInfo.Elements.plain(
        entry.tensor.shape.count == 1 ? .float32 : .bfloat16)
      return GGUFTensorInfo(
        name: entry.name, elements: entry.encoding.map { .blocks($0) } ?? plain,
        shape: entry.tensor.shape)
    }
  }

  /// The header's marks of the quantised layers.
  private var metadata: [String: String] {
    let layers = entries.compactMap { entry -> (String, JSONValue)? in
      guard entry.isScaled else { return nil }
      let layer = String(entry.name.dropLast(".weight".count))
      guard entry.encoding == .int8 else { return (layer, ["format": "float8_e4m3fn"]) }
      let group = Device.rotationGroup(for: entry.tensor.shape[1])
      return (
        layer,
        ["format": "int8_tensorwise", "convrot": true, "convrot_groupsize": .integer(group)]
      )
    }
    guard !layers.isEmpty else { return ["format": "pt"] }
    let marks: JSONValue = ["format_version": "1.0", "layers": .object(layers)]
    return ["_quantization_metadata": String(decoding: marks.bytes(), as: UTF8.self)]
  }
}

extension FabricatedFile {
  /// Bytes that are drawn and written at a time.
  private static let chunkByteCount = 32 << 20

  /// Writes the file.
  /// - Parameters:
  ///   - device: Draws the weights, and rounds them.
  ///   - done: Called with the bytes that were drawn; ends the writing by throwing.
  func write(seed: UInt64, on device: Device, done: (Int) throws -> Void) throws {
    if format.isGGUF {
      var writer = try GGUFWriter(path: path, tensors: ggufTensors, keys: keys)
      for entry in entries {
        try draw(entry, seed, device, done) { try writer.write($0.bytes) }
      }
      return writer.finish()
    }
    var writer = try SafetensorsWriter(path: path, tensors: tensors, metadata: metadata)
    for entry in entries {
      var scales: [Float] = []
      try draw(entry, seed, device, done) { rows in
        try writer.write(rows.bytes)
        scales += rows.scales
      }
      guard entry.isScaled else { continue }
      let stored = WeightTensor(Tensor(shape: [scales.count], elements: scales))
      try writer.write(stored.bytes(0..<stored.byteCount))
    }
    if let counter { try writer.write([UInt8](repeating: 0, count: counter.byteCount)) }
    writer.finish()
  }

  /// Draws a tensor, some rows at a time, in the form in which it is stored.
  private func draw(
    _ entry: Entry, _ seed: UInt64, _ device: Device, _ done: (Int) throws -> Void,
    write: (EncodedRows) throws -> Void
  ) throws {
    for (matrix, rows) in entry.tensor.parts(seed: seed) {
      let width = matrix.columnScales.count
      let step = max(Self.chunkByteCount / (2 * width), 1)
      for start in stride(from: rows.lowerBound, to: rows.upperBound, by: step) {
        let elements = device.draw(matrix, rows: start..<min(start + step, rows.upperBound))
        try write(stored(elements, entry, columns: width, device))
        try done(elements.count)
      }
    }
  }

  private func stored(
    _ elements: [UInt8], _ entry: Entry, columns: Int, _ device: Device
  ) -> EncodedRows {
    if let encoding = entry.encoding {
      return device.encode(elements, columns: columns, as: encoding)
    }
    guard format.isGGUF, entry.tensor.shape.count == 1 else {
      return EncodedRows(bytes: elements)
    }
    // A bfloat16 is the upper half of a float32.
    var wide = [UInt8](repeating: 0, count: 2 * elements.count)
    for place in elements.indices { wide[place / 2 * 4 + 2 + place % 2] = elements[place] }
    return EncodedRows(bytes: wide)
  }
}
