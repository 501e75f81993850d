import TestSupport

/// A safetensors file written for one test and removed after it.
final class SafetensorsFile {
  private let folder: TemporaryFolder
  let path: String

  /// Writes raw bytes.
  init(bytes: [UInt8], name: String = "file.safetensors") throws {
    folder = try TemporaryFolder()
    path = try folder.write(bytes, to: name)
  }

  /// Writes a header as given, with its true length in front, and a data buffer behind.
  convenience init(header: String, data: [UInt8] = []) throws {
    try self.init(bytes: Self.assemble(header: Array(header.utf8), data: data))
  }

  /// Header length, header and data in one.
  static func assemble(header: [UInt8], data: [UInt8]) -> [UInt8] {
    littleEndian(UInt64(header.count)) + header + data
  }

  static func littleEndian(_ value: some FixedWidthInteger) -> [UInt8] {
    (0..<value.bitWidth / 8).map { UInt8(truncatingIfNeeded: value >> ($0 * 8)) }
  }
}

extension [Float] {
  /// The elements as float32 in the file's byte order.
  var bytes: [UInt8] { flatMap { SafetensorsFile.littleEndian($0.bitPattern) } }
}
