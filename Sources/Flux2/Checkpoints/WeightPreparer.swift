import FoundationEssentials
import Glibc
public import Tensors
import Weights

/// Writes the quantised weights of a model into a cache, from where they are mapped.
public struct WeightPreparer: Sendable {
  private struct Layer {
    let name: String
    let weight: WeightTensor

    var stored: [TensorInfo] {
      [
        TensorInfo(name: name + ".weight", dtype: .int8, shape: weight.shape),
        TensorInfo(name: name + ".scales", dtype: .float32, shape: [weight.shape[0]]),
        TensorInfo(name: name + ".factors", dtype: .float32, shape: [weight.shape[1]]),
      ]
    }
  }

  private let sources: ModelSources
  private let layers: [Layer]
  /// The file that is written.
  public let path: String

  /// Finds the matrices of a model that are quantised.
  /// - Parameters:
  ///   - files: The model.
  ///   - directory: The cache; created if it does not exist.
  public init(_ files: ModelFiles, directory: String) throws(Flux2Error) {
    sources = try ModelSources(files)
    path = PreparedWeights.path(in: directory, for: sources)
    let model = try Model(sources)
    layers =
      model.textEncoder.blockWeights.map {
        Layer(name: "text_encoder.\($0.name)", weight: $0.weight)
      }
      + model.transformer.blockWeights.map {
        Layer(name: "transformer.\($0.name)", weight: $0.weight)
      }
  }

  /// True if the cache has the weights already, and they belong to the model's files as they are.
  public func isUpToDate(in directory: String) -> Bool {
    if case .ready = PreparedWeights.open(in: directory, for: sources) { return true }
    return false
  }

  /// Bytes of the prepared weights.
  public var byteCount: Int { layers.reduce(0) { $0 + $1.stored.reduce(0) { $0 + $1.byteCount } } }

  /// Quantises the matrices one by one and writes them under a temporary name, which is renamed at the end.
  /// - Parameters:
  ///   - device: Quantises.
  ///   - progress: Called with the share of the work that is done; ends it by throwing.
  /// - Throws: `Flux2Error`, or what `progress` throws; the cache is as it was before.
  public func write(on device: Device, progress: (Double) throws -> Void = { _ in }) throws {
    let folder = URL(filePath: path).deletingLastPathComponent()
    do {
      try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    } catch {
      throw Flux2Error(.request, folder.path, "cannot be made")
    }
    try checkSpace(folder.path)
    let temporary = "\(path).part-\(getpid())"
    defer { unsafe unlink(temporary) }
    do {
      try fill(temporary, device, progress)
    } catch let error as WeightsError {
      throw Flux2Error(.request, error.file, error.detail)
    }
    guard unsafe rename(temporary, path) == 0 else {
      throw Flux2Error(
        .request, path, "cannot be written (\(unsafe String(cString: strerror(errno))))")
    }
  }

  private func fill(
    _ temporary: String, _ device: Device, _ progress: (Double) throws -> Void
  ) throws {
    var writer = try SafetensorsWriter(
      path: temporary, tensors: layers.flatMap(\.stored),
      metadata: PreparedWeights.metadata(of: sources))
    var written = 0
    for layer in layers {
      let quantized = device.quantize(layer.weight)
      layer.weight.evict()
      guard let quantization = quantized.quantization else { continue }
      try writer.write(quantized.bytes(0..<quantized.byteCount))
      for vector in [quantization.scales, quantization.factors] {
        let stored = WeightTensor(vector)
        try writer.write(stored.bytes(0..<stored.byteCount))
      }
      written += quantized.byteCount
      try progress(Double(written) / Double(byteCount))
    }
    try writer.synchronize()
    writer.finish()
  }

  private func checkSpace(_ folder: String) throws(Flux2Error) {
    var status = statvfs()
    guard unsafe statvfs(folder, &status) == 0 else { return }
    let free = Int(clamping: UInt64(status.f_bavail) * UInt64(status.f_frsize))
    guard free >= byteCount + 16 << 20 else {
      throw Flux2Error(
        .request, folder, "has room for \(free) bytes, and the weights take \(byteCount)")
    }
  }
}

extension Model {
  /// The matrices of the blocks of both networks by their names, which begin with the component's.
  var blockWeights: [(name: String, weight: WeightTensor)] {
    textEncoder.blockWeights.map { ("text_encoder." + $0.name, $0.weight) }
      + transformer.blockWeights.map { ("transformer." + $0.name, $0.weight) }
  }
}

extension TextEncoder {
  /// The matrices of the layers that are run, by their names in the checkpoint.
  var blockWeights: [(name: String, weight: WeightTensor)] {
    layers.enumerated().flatMap { index, layer in
      layer.matrices.map { ("model.layers.\(index).\($0.name)", $0.weight) }
    }
  }
}

extension Transformer {
  /// The matrices of all blocks, by their paths.
  var blockWeights: [(name: String, weight: WeightTensor)] {
    let double = doubleBlocks.flatMap { [$0.text, $0.image] }.flatMap {
      [$0.query, $0.key, $0.value, $0.output, $0.linearIn, $0.linearOut]
    }
    let single = singleBlocks.flatMap { [$0.qkvMLPProjection, $0.outputProjection] }
    return (double + single).map { ($0.path, $0.weight) }
  }
}
