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
        PreparedWeights.units(name, shape: weight.shape),
        TensorInfo(name: name + ".scales", dtype: .float32, shape: [weight.shape[0]]),
        TensorInfo(name: name + ".factors", dtype: .float32, shape: [weight.shape[1]]),
      ]
    }
  }

  /// Any prompt does: outlier channels are the same for all of them.
  private static let prompt = "a red fox asleep on a mossy stone in the snow"

  private let files: ModelFiles
  private let identity: ModelIdentity
  private let layers: [Layer]
  /// The file that is written.
  public let path: String

  /// Finds the matrices of a model that are quantised.
  /// - Parameters:
  ///   - files: The model.
  ///   - directory: The cache; created if it does not exist.
  public init(_ files: ModelFiles, directory: String) throws(Flux2Error) {
    self.files = files
    let sources = try ModelSources(files)
    identity = ModelIdentity(sources)
    path = PreparedWeights.path(in: directory, for: identity)
    // What a file has in int8 is multiplied as it is stored.
    layers = try Model(sources).blockWeights.compactMap { name, weight in
      weight.multipliedAsStored() == nil ? Layer(name: name, weight: weight) : nil
    }
  }

  /// A part of the preparation.
  public enum Stage: Sendable {
    /// The matrices are quantised and written.
    case quantising
    /// A step is rendered, whose inputs show the outlier columns.
    case findingOutliers
  }

  /// True if the cache has the weights already, and they belong to the model's files as they are.
  public func isUpToDate(in directory: String) -> Bool {
    PreparedWeights.open(in: directory, for: identity).weights?.isComplete ?? false
  }

  /// Bytes of the prepared weights; 0 if there is nothing to prepare.
  public var byteCount: Int { layers.reduce(0) { $0 + $1.stored.reduce(0) { $0 + $1.byteCount } } }

  /// Quantises the matrices one by one, then gathers the outlier columns that a first image meets; each file is
  /// written under a temporary name, which is renamed at the end.
  /// - Parameters:
  ///   - device: Quantises.
  ///   - progress: Called with the stage and the share of it that is done; ends it by throwing.
  /// - Throws: `Flux2Error`, or what `progress` throws. Quantised weights that are whole by then stay, and the
  ///   next preparation goes on from there.
  public func write(
    on device: Device, progress: (Stage, Double) throws -> Void = { _, _ in }
  ) throws {
    let folder = URL(filePath: path).deletingLastPathComponent()
    do {
      try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    } catch {
      throw Flux2Error(.request, folder.path, "cannot be made")
    }
    let directory = folder.deletingLastPathComponent().path
    if PreparedWeights.open(in: directory, for: identity).weights == nil {
      try checkSpace(folder.path)
      let temporary = PreparedWeights.temporaryPath(for: path)
      defer { unsafe unlink(temporary) }
      do {
        try fill(temporary, device) { try progress(.quantising, $0) }
      } catch let error as WeightsError {
        throw Flux2Error(.request, error.file, error.detail)
      }
      try Self.rename(temporary, to: path)
    }
    try writeColumns(on: device, in: directory) { try progress(.findingOutliers, $0) }
  }

  /// Renders a step with the prepared weights and writes the outlier columns that it met.
  private func writeColumns(
    on device: Device, in directory: String, progress: (Double) throws -> Void
  ) throws {
    let target = PreparedWeights.columnsPath(in: directory, for: identity)
    unsafe unlink(target)
    let found = try Self.outlierColumns(
      Pipeline(files, device: device, precision: .int8, preparedDirectory: directory), progress)
    let temporary = PreparedWeights.temporaryPath(for: target)
    defer { unsafe unlink(temporary) }
    do {
      try Self.write(found, to: temporary, metadata: PreparedWeights.metadata(of: identity))
    } catch {
      throw Flux2Error(.request, error.file, error.detail)
    }
    try Self.rename(temporary, to: target)
  }

  /// Renders a step and returns the outlier columns of each layer that had some.
  private static func outlierColumns(
    _ pipeline: Pipeline, _ progress: (Double) throws -> Void
  ) throws -> [(name: String, columns: (numbers: [Int], weights: WeightTensor))] {
    let blockCount = pipeline.model.textEncoder.layers.count + pipeline.model.transformer.blockCount
    var done = 0
    func blockDone() throws {
      done += 1
      try progress(Double(done) / Double(blockCount))
    }
    let request = PipelineRequest(
      prompt: prompt, width: 256, height: 256, seed: 1, stepCount: 1)
    let geometry = pipeline.geometry(of: request)
    let schedule = pipeline.schedule(for: request, geometry)
    let prompts = try pipeline.encodePrompts(of: request, blockDone: blockDone)
    _ = try pipeline.velocity(
      of: pipeline.noise(for: geometry, seed: request.seed),
      at: schedule.steps.first?.timestep ?? 1,
      pipeline.condition(prompts, [], geometry, schedule, adapters: []), blockDone: blockDone)
    return pipeline.model.blockWeights.compactMap { layer in
      guard !layer.weight.isMultipliedAsStored else { return nil }
      return layer.weight.quantization?.outliers?.columns.gathered.map { (layer.name, $0) }
    }
  }

  private static func write(
    _ found: [(name: String, columns: (numbers: [Int], weights: WeightTensor))], to path: String,
    metadata: [String: String]
  ) throws(WeightsError) {
    var writer = try SafetensorsWriter(
      path: path,
      tensors: found.flatMap { name, columns in
        [
          TensorInfo(name: name + ".columns", dtype: .float32, shape: [columns.numbers.count]),
          TensorInfo(
            name: name + ".column_weights", dtype: columns.weights.dtype,
            shape: columns.weights.shape),
        ]
      }, metadata: metadata)
    for (_, columns) in found {
      let numbers = WeightTensor(
        Tensor(shape: [columns.numbers.count], elements: columns.numbers.map(Float.init)))
      try writer.write(numbers.bytes(0..<numbers.byteCount))
      try writer.write(columns.weights.bytes(0..<columns.weights.byteCount))
    }
    try writer.synchronize()
    writer.finish()
  }

  private static func rename(_ temporary: String, to path: String) throws(Flux2Error) {
    guard unsafe Glibc.rename(temporary, path) == 0 else {
      throw Flux2Error(
        .request, path, "cannot be written (\(unsafe String(cString: strerror(errno))))")
    }
  }

  private func fill(
    _ temporary: String, _ device: Device, _ progress: (Double) throws -> Void
  ) throws {
    var writer = try SafetensorsWriter(
      path: temporary, tensors: layers.flatMap(\.stored),
      metadata: PreparedWeights.metadata(of: identity))
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
  package var blockWeights: [(name: String, weight: WeightTensor)] {
    textEncoder.blockWeights.map { ("text_encoder." + $0.name, $0.weight) }
      + transformer.blockWeights.map { ("transformer." + $0.name, $0.weight) }
  }
}

extension TextEncoder {
  /// The matrices of the layers that are run, by their names in the checkpoint.
  var blockWeights: [(name: String, weight: WeightTensor)] {
    layers.enumerated().flatMap { index, layer in
      layer.linearLayers.map { ("model.layers.\(index).\($0.name)", $0.layer.weight) }
    }
  }
}

extension Transformer {
  /// The matrices of all blocks, by their paths.
  var blockWeights: [(name: String, weight: WeightTensor)] {
    let layers = doubleBlocks.flatMap(\.layers) + singleBlocks.flatMap(\.layers)
    return layers.map { ($0.path, $0.weight) }
  }
}
