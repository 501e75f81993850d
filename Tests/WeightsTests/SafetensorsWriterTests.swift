import Foundation
import Tensors
import TestSupport
import Testing
import Text
import Weights

@Suite struct SafetensorsWriterTests {
  @Test func `names of any ASCII characters are read back, and elements begin at a multiple of 8`()
    throws
  {
    let folder = try TemporaryFolder()
    let path = folder.path("a.safetensors")
    let names = ["plain", "say \"hello\"", "C:\\weights", "line\nbreak"]
    let tensors = names.map { TensorInfo(name: $0, dtype: .float32, shape: [1]) }
    let metadata = ["format": "pt", "a \"note\"": "\\"]
    var writer = try SafetensorsWriter(path: path, tensors: tensors, metadata: metadata)
    try writer.write(
      names.indices.flatMap { index in
        (0..<4).map { UInt8(truncatingIfNeeded: Float(index).bitPattern >> (8 * $0)) }
      })
    writer.finish()

    let checkpoint = try Checkpoint.open(file: path)
    #expect(checkpoint.tensors.keys.sorted() == names.sorted())
    for (index, name) in names.enumerated() {
      #expect(checkpoint.tensors[name]?.widened().elements == [Float(index)])
    }
    #expect(checkpoint.metadata == ["format": "pt", ByteString("a \"note\""): ByteString("\\")])
    #expect(try Data(contentsOf: URL(filePath: path)).count % 8 == 4 * names.count % 8)
  }
}
