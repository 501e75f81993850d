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
    let tensors = names.map { TensorInfo(name: $0, dtype: .uint8, shape: [1]) }
    let metadata = ["format": "pt", "a \"note\"": "\\"]
    var writer = try SafetensorsWriter(path: path, tensors: tensors, metadata: metadata)
    try writer.write(names.indices.map { UInt8($0) })
    writer.finish()

    let checkpoint = try Checkpoint.open(file: path)
    #expect(checkpoint.tensors.keys.sorted() == names.sorted())
    for (index, name) in names.enumerated() {
      #expect(checkpoint.tensors[name]?.widened().elements == [Float(index)])
    }
    #expect(checkpoint.metadata == ["format": "pt", ByteString("a \"note\""): ByteString("\\")])
    #expect(try Data(contentsOf: URL(filePath: path)).count % 8 == names.count)
  }
}
