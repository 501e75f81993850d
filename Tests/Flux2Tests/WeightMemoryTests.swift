import Flux2
import Tensors
import TestSupport
import Testing
import Weights

@Suite struct WeightMemoryTests {
  /// The matrices of the blocks of a fabricated tiny model, whose last text layer is never read.
  private static var blocks: [TensorInfo] {
    get throws {
      try ModelFabricator(.tiny).storedTensors.values.flatMap { $0 }.filter { tensor in
        tensor.shape.count == 2
          && ["transformer_blocks.", "single_transformer_blocks.", "model.layers."].contains {
            tensor.name.hasPrefix($0)
          } && !tensor.name.hasPrefix("model.layers.4.")
      }
    }
  }

  @Test func `quantised weights are copies of a byte an element, and mapped once prepared`() throws
  {
    let folder = try TemporaryFolder()
    let files = ModelFiles.directory(folder.path("model"))
    try ModelFabricator(.tiny).write(to: folder.path("model"), on: .forTests)
    let inspector = try ModelInspector(files)
    let cache = folder.path("cache")
    let stored = inspector.weightMemory(in: .float32, preparedDirectory: cache)
    let quantised = inspector.weightMemory(in: .int8, preparedDirectory: cache)
    let blocks = try Self.blocks
    let expected = blocks.reduce(0) { sum, block in
      sum + block.shape[0] * block.shape[1] + 4 * (block.shape[0] + block.shape[1])
    }
    #expect(stored.copiedByteCount == 0)
    #expect(inspector.weightMemory(in: .bfloat16) == stored)
    #expect(quantised.copiedByteCount == expected)
    #expect(
      quantised.mappedByteCount == stored.mappedByteCount - blocks.reduce(0) { $0 + $1.byteCount })

    try WeightPreparer(files, directory: cache).write(on: .forTests)
    let prepared = inspector.weightMemory(in: .int8, preparedDirectory: cache)
    #expect(prepared.copiedByteCount == 0 && prepared.byteCount == quantised.byteCount)
    #expect(
      inspector.estimatedByteCount(width: 64, height: 64, precision: .int8)
        - inspector.activationByteCount(width: 64, height: 64) == quantised.byteCount)
  }
}
