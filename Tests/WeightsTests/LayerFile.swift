import Tensors
import Weights

/// A safetensors file of some quantised layers, written for one test.
struct LayerFile {
  /// A tensor of the file with its elements as they are stored.
  struct Part {
    var type: DType
    var shape: [Int]
    var data: [UInt8]

    init(_ type: DType, _ shape: [Int], _ data: [UInt8]) {
      (self.type, self.shape, self.data) = (type, shape, data)
    }

    /// Floats of four bytes.
    static func floats(_ values: [Float], shape: [Int]? = nil) -> Part {
      Part(.float32, shape ?? [values.count], values.bytes)
    }

    /// A text in bytes, as ComfyUI marks layers.
    static func text(_ text: String) -> Part {
      Part(.uint8, [text.utf8.count], Array(text.utf8))
    }
  }

  var parts: [String: Part] = [:]
  var metadata: [String: String] = [:]

  /// The tensors in what they stand for.
  func read() throws -> Checkpoint {
    let file = try SafetensorsFile(bytes: bytes)
    // Mapped files stay readable when they are unlinked.
    return try withExtendedLifetime(file) {
      try Checkpoint.open(file: file.path).readingQuantizedLayers()
    }
  }

  var bytes: [UInt8] {
    var (entries, data): ([String], [UInt8]) = ([], [])
    if !metadata.isEmpty {
      let pairs = metadata.sorted { $0.key < $1.key }.map { key, value in
        "\"\(key)\":\"\(value.replacing("\"", with: "\\\""))\""
      }
      entries.append("\"__metadata__\":{\(pairs.joined(separator: ","))}")
    }
    for (name, part) in parts.sorted(by: { $0.key < $1.key }) {
      let end = data.count + part.data.count
      let shape = part.shape.map { "\($0)" }.joined(separator: ",")
      entries.append(
        "\"\(name)\":{\"dtype\":\"\(part.type.rawValue)\",\"shape\":[\(shape)],"
          + "\"data_offsets\":[\(data.count),\(end)]}")
      data += part.data
    }
    return SafetensorsFile.assemble(
      header: Array("{\(entries.joined(separator: ","))}".utf8), data: data)
  }
}
