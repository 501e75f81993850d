import FoundationEssentials
import Glibc
import JSON
public import Tensors
package import Weights

/// Writes a model directory in the layout of the published models, with random weights.
///
/// It is for measurements and tests where the published weights may not be had: as large, as fast and as
/// hard to compute with reduced precision, but what it renders means nothing. A shape, a seed and factors
/// give the same bytes on every machine.
public struct ModelFabricator: Sendable {
  /// The seed unless another is given.
  public static let defaultSeed: UInt64 = 0
  /// The factors of the outlier channels unless others are given.
  public static let defaultOutlierFactors = [30, 100, 1000]
  /// The allowed factors.
  public static let outlierFactors = 2...10_000
  /// The most factors.
  public static let outlierLimit = 4

  /// The planted outlier channels of an activation.
  public struct PlantedOutliers: Sendable, Equatable {
    /// The activation's name.
    public let place: String
    /// Its larger channels.
    public let channels: [OutlierChannels.Channel]
  }

  /// A folder of weights.
  private struct WeightFolder {
    let name: String
    let stem: String
    /// Bytes after which a new shard begins, as in the writers of transformers and diffusers.
    let shardLimit: Int
    let tensors: [FabricatedTensor]
    /// A tensor of one whole number behind the others, which no one reads.
    var counter: TensorInfo?

    /// The form of its matrices.
    var format = FabricationFormat.bfloat16
    /// Keys of the header, in GGUF.
    var keys: [(name: String, value: GGUFWriter.Value)] = []

    /// The weights in one file, of which a folder has several if they are bfloat16 and many.
    func file(in directory: String) -> FabricatedFile {
      FabricatedFile(
        path: "\(directory)/\(name)/\(stem)", tensors: tensors, format: format, keys: keys,
        counter: counter)
    }
  }

  private let shape: ModelShape
  private let format: FabricationFormat
  private let seed: UInt64
  private let factors: [Int]
  private let textEncoder: TextEncoderFabrication
  private let transformer: TransformerFabrication

  /// Plans a model.
  /// - Parameters:
  ///   - shape: Its dimensions.
  ///   - format: The form of the matrices of transformer and text encoder.
  ///   - seed: Selects the weights, which differ between formats by their rounding alone.
  ///   - outlierFactors: Four channels of each factor are planted at each place; none for weights whose
  ///     activations are all of one size.
  public init(
    _ shape: ModelShape, format: FabricationFormat = .bfloat16, seed: UInt64 = Self.defaultSeed,
    outlierFactors: [Int] = Self.defaultOutlierFactors
  ) throws(Flux2Error) {
    self.shape = shape
    self.format = format
    self.seed = seed
    factors = outlierFactors
    guard factors.count <= Self.outlierLimit, factors.allSatisfy(Self.outlierFactors.contains)
    else {
      throw Flux2Error(
        .request, "outliers",
        "\(factors), expected at most \(Self.outlierLimit) factors in \(Self.outlierFactors)")
    }
    textEncoder = TextEncoderFabrication(shape, outliers: factors)
    transformer = try TransformerFabrication(shape, outliers: factors)
  }

  /// The planted channels by the activation that has them.
  public var outliers: [PlantedOutliers] {
    [
      ("text encoder, residual stream", textEncoder.residual),
      ("text encoder, values", textEncoder.values),
      ("text encoder, gated product", textEncoder.gated),
      ("transformer, residual stream", transformer.residual),
      ("transformer, values", transformer.values),
      ("transformer, gated product", transformer.gated),
    ].map { PlantedOutliers(place: $0.0, channels: $0.1.channels) }
  }

  /// Bytes of all weights.
  public var byteCount: Int { folders.reduce(0) { $0 + $1.file(in: "").byteCount } }

  /// The tensors of each folder of weights.
  package var storedTensors: [String: [TensorInfo]] {
    Dictionary(uniqueKeysWithValues: folders.map { ($0.name, $0.file(in: "").tensors) })
  }

  /// Writes the directory under a temporary name and renames it when it is whole.
  /// - Parameters:
  ///   - directory: Must not exist, or be empty.
  ///   - device: Draws the weights.
  ///   - progress: Called with the path of the file that is being written and the written share of all
  ///     bytes; ends the writing by throwing.
  /// - Throws: `Flux2Error`, or what `progress` throws; nothing is left then.
  public func write(
    to directory: String, on device: Device, progress: (String, Double) throws -> Void = { _, _ in }
  ) throws {
    var path = directory
    while path.utf8.count > 1, path.utf8.last == UInt8(ascii: "/") { path.removeLast() }
    try checkTarget(path)
    let temporary = "\(path).part-\(getpid())"
    try Self.make(temporary)
    do {
      try checkSpace(in: temporary, for: path)
      try fill(temporary, device, progress)
      guard unsafe rename(temporary, path) == 0 else { throw Self.failure(path) }
    } catch {
      try? FileManager.default.removeItem(atPath: temporary)
      throw error
    }
  }
}

extension ModelFabricator {
  private var folders: [WeightFolder] {
    [
      WeightFolder(
        name: "vae", stem: "diffusion_pytorch_model", shardLimit: 10_000_000_000,
        tensors: AutoencoderFabrication(shape).tensors,
        counter: TensorInfo(name: "bn.num_batches_tracked", dtype: .int64, shape: [])),
      WeightFolder(
        name: "transformer", stem: "diffusion_pytorch_model", shardLimit: 10_000_000_000,
        tensors: format.isGGUF
          ? Self.spelledByBFL(transformer.tensors, transformer.configuration) : transformer.tensors,
        format: format, keys: Self.transformerKeys),
      WeightFolder(
        name: "text_encoder", stem: "model", shardLimit: 5_000_000_000,
        tensors: format.isGGUF ? Self.spelledByLlama(textEncoder.tensors) : textEncoder.tensors,
        format: format, keys: Self.textEncoderKeys(textEncoder.configuration)),
    ]
  }

  private func fill(
    _ directory: String, _ device: Device, _ progress: (String, Double) throws -> Void
  ) throws {
    for name in ["scheduler", "tokenizer", "text_encoder", "transformer", "vae"] {
      try Self.make("\(directory)/\(name)")
    }
    for file in try FabricatedConfigurations(shape).files {
      try Self.write(file.contents, to: "\(directory)/\(file.path)")
    }
    try Self.write(description, to: "\(directory)/fabrication.json")
    let files = try folders.flatMap { try self.files(of: $0, in: directory) }
    let whole = Double(files.reduce(0) { $0 + $1.drawnByteCount })
    var drawn = 0
    for file in files {
      let name = String(decoding: file.path.utf8.dropFirst(directory.utf8.count + 1), as: UTF8.self)
      try file.write(seed: seed, on: device) { count in
        drawn += count
        try progress(name, Double(drawn) / whole)
      }
    }
  }

  /// Divides a folder's tensors among files, and writes their index where there are several.
  private func files(of folder: WeightFolder, in directory: String) throws -> [FabricatedFile] {
    guard folder.format == .bfloat16 else { return [folder.file(in: directory)] }
    var groups: [[FabricatedTensor]] = [[]]
    var (size, total) = (0, 0)
    for tensor in folder.tensors {
      let byteCount = tensor.stored.byteCount
      if size > 0, size + byteCount > folder.shardLimit {
        groups.append([])
        size = 0
      }
      groups[groups.count - 1].append(tensor)
      (size, total) = (size + byteCount, total + byteCount)
    }
    let path = "\(directory)/\(folder.name)/"
    guard groups.count > 1 else { return [folder.file(in: directory)] }
    let names = groups.indices.map {
      "\(folder.stem)-\(Self.padded($0 + 1))-of-\(Self.padded(groups.count))"
    }
    let places = zip(names, groups).flatMap { name, tensors in
      tensors.map { ($0.name, JSONValue.string("\(name).safetensors")) }
    }
    let index: JSONValue = [
      "metadata": ["total_size": .integer(total)], "weight_map": .object(places),
    ]
    try Self.write(index, to: "\(path)\(folder.stem).safetensors.index.json")
    return zip(names, groups).map {
      FabricatedFile(path: path + $0, tensors: $1, format: .bfloat16)
    }
  }

  /// `fabrication.json`: shape, format, seed and outlier channels.
  private var description: JSONValue {
    let places = outliers.map { outliers in
      (
        outliers.place,
        JSONValue.object(outliers.channels.map { ("\($0.index)", .integer($0.factor)) })
      )
    }
    return [
      "shape": .string(shape.rawValue), "format": .string(format.rawValue), "seed": .integer(seed),
      "outliers": .object(places),
    ]
  }

  private static func padded(_ number: Int) -> String {
    let digits = "\(number)"
    return String(repeating: "0", count: 5 - digits.utf8.count) + digits
  }
}

/// Files and folders.
extension ModelFabricator {
  private func checkTarget(_ path: String) throws(Flux2Error) {
    var status = stat()
    guard unsafe lstat(path, &status) == 0 else {
      guard errno == ENOENT else { throw Self.failure(path) }
      return
    }
    guard status.st_mode & S_IFMT == S_IFDIR else {
      throw Flux2Error(.request, path, "exists already, and is no folder")
    }
    let contents = try? FileManager.default.contentsOfDirectory(atPath: path)
    guard contents?.isEmpty == true else {
      throw Flux2Error(.request, path, "exists already, and is not empty; nothing is overwritten")
    }
  }

  private func checkSpace(in folder: String, for path: String) throws(Flux2Error) {
    var status = statvfs()
    guard unsafe statvfs(folder, &status) == 0 else { throw Self.failure(path) }
    let free = Int(clamping: UInt64(status.f_bavail) * UInt64(status.f_frsize))
    // Configurations, the header and the file system's own blocks take the rest.
    let needed = byteCount + 16 << 20
    guard free >= needed else {
      throw Flux2Error(
        .request, path, "there is room for \(free) bytes, and the model takes \(needed)")
    }
  }

  private static func make(_ folder: String) throws(Flux2Error) {
    guard unsafe mkdir(folder, 0o777) == 0 else { throw failure(folder) }
  }

  private static func write(_ value: JSONValue, to path: String) throws(Flux2Error) {
    do {
      try Data(value.bytes(.configuration) + [UInt8(ascii: "\n")]).write(to: URL(filePath: path))
    } catch {
      throw failure(path)
    }
  }

  private static func failure(_ path: String) -> Flux2Error {
    let reason = unsafe String(cString: strerror(errno))
    return Flux2Error(.request, path, "cannot be written (\(reason))")
  }
}
