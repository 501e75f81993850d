/// The bytes of a GGUF file, written for one test.
struct GGUFFile {
  /// A tensor with its elements as they are stored.
  struct Tensor {
    var name: String
    /// The extent of each axis, fastest first, as in the file.
    var axes: [UInt64]
    var type: UInt32
    var data: [UInt8]
    /// Where the header says that it begins; nil for where it does.
    var offset: UInt64?
  }

  var version: UInt32 = 3
  var tensors: [Tensor] = []
  /// Keys with their types and values, as stored.
  var keys: [(name: String, type: UInt32, value: [UInt8])] = []
  var tensorCount: UInt64?
  var keyCount: UInt64?
  var alignment = 32

  var bytes: [UInt8] {
    var header = Array("GGUF".utf8) + little(version)
    header += little(tensorCount ?? UInt64(tensors.count))
    header += little(keyCount ?? UInt64(keys.count))
    for key in keys { header += Self.text(key.name) + little(key.type) + key.value }
    var data: [UInt8] = []
    for tensor in tensors {
      header += Self.text(tensor.name) + little(UInt32(tensor.axes.count))
      header += tensor.axes.flatMap(little)
      header += little(tensor.type) + little(tensor.offset ?? UInt64(data.count))
      data += tensor.data
      data += padding(data.count)
    }
    return header + padding(header.count) + data
  }

  /// A text of the format: its length and its bytes.
  static func text(_ text: String) -> [UInt8] {
    SafetensorsFile.littleEndian(UInt64(text.utf8.count)) + Array(text.utf8)
  }

  private func little(_ value: some FixedWidthInteger) -> [UInt8] {
    SafetensorsFile.littleEndian(value)
  }

  private func padding(_ count: Int) -> [UInt8] {
    [UInt8](repeating: 0, count: (alignment - count % alignment) % alignment)
  }
}
