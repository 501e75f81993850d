import Files
import FoundationEssentials
import Glibc
import Tensors
import Weights

/// Quantised weights of a model in a file of their own, mapped as they are multiplied.
///
/// A safetensors file: for each matrix of the blocks its units (`….weight`, int8, or uint8 in the panels in which they
/// are multiplied), the scales of its rows and the factors of its columns (see `Quantization`). The unit of an outlier
/// row is 0. A second file has the weights of outlier columns, which would otherwise be gathered from all of the source
/// by the first image. Their metadata binds them to the source: the model's fingerprint, and sizes and times of the
/// source's files.
struct PreparedWeights: Sendable {
  /// Changes whenever the meaning of the stored numbers does.
  static let format = "iris int8 4"

  /// The state of the prepared weights of a model.
  enum State {
    /// There are none.
    case missing
    /// They belong to other files, or to an earlier format.
    case stale
    /// The file cannot be read.
    case unreadable(WeightsError)
    case ready(PreparedWeights)

    /// The weights, if they can be used.
    var weights: PreparedWeights? {
      if case .ready(let weights) = self { weights } else { nil }
    }

    /// Says what was done about them.
    var note: String {
      let advice = "quantised while loading; `iris model prepare` does it once"
      return switch self {
      case .missing: advice
      case .stale:
        "the prepared weights belong to another state of the files, or are of an earlier "
          + "version of Iris: " + advice
      case .unreadable(let error):
        "the prepared weights in \(error.file) \(error.detail): " + advice
      case .ready: "with prepared weights"
      }
    }
  }

  private let checkpoint: Checkpoint
  /// The weights of outlier columns, which a first image had; nil where they were not written.
  private let columns: Checkpoint?

  /// False if the outlier columns are missing, as after a preparation that was interrupted between the files.
  var isComplete: Bool { columns != nil }

  /// The path of a model's prepared weights.
  static func path(in directory: String, for identity: ModelIdentity) -> String {
    "\(directory)/prepared/\(String(decoding: identity.fingerprint.utf8.prefix(32), as: UTF8.self))-int8.safetensors"
  }

  /// The path of its outlier columns.
  static func columnsPath(in directory: String, for identity: ModelIdentity) -> String {
    path(in: directory, for: identity) + ".columns"
  }

  private static func belongs(_ checkpoint: Checkpoint, to identity: ModelIdentity) -> Bool {
    metadata(of: identity).allSatisfy { key, value in
      let found = checkpoint.metadata.first { $0.key.elementsEqual(key.utf8) }?.value
      return found.map { $0.elementsEqual(value.utf8) } ?? false
    }
  }

  /// The name under which this process writes a file, which is renamed once it is whole.
  static func temporaryPath(for path: String) -> String { "\(path)\(temporaryMark)\(getpid())" }

  private static let temporaryMark = ".part-"

  /// Removes the files that killed processes left half written.
  ///
  /// One with the number of this process was left by an earlier one, as in containers, where numbers are few.
  static func removeAbandonedFiles(in directory: String) {
    let folder = "\(directory)/prepared"
    for name in (try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? [] {
      guard let mark = name.utf8.lastIndex(of: UInt8(ascii: "-")),
        name[...mark].hasSuffix(temporaryMark),
        let process = pid_t(name[mark...].dropFirst()), process > 0
      else { continue }
      let isRunning = process != getpid() && (kill(process, 0) == 0 || errno != ESRCH)
      if !isRunning { unsafe unlink("\(folder)/\(name)") }
    }
  }

  /// Opens the prepared weights of a model.
  static func open(in directory: String, for identity: ModelIdentity) -> State {
    removeAbandonedFiles(in: directory)
    let path = path(in: directory, for: identity)
    guard BoundedFile.exists(path) else { return .missing }
    do {
      let checkpoint = try Checkpoint.open(file: path)
      guard belongs(checkpoint, to: identity) else { return .stale }
      let columnsPath = columnsPath(in: directory, for: identity)
      let columns =
        BoundedFile.exists(columnsPath) ? try? Checkpoint.open(file: columnsPath) : nil
      return .ready(
        PreparedWeights(
          checkpoint: checkpoint, columns: columns.flatMap { belongs($0, to: identity) ? $0 : nil })
      )
    } catch {
      return .unreadable(error)
    }
  }

  /// Returns a matrix that was prepared; nil if there is none of this name and shape.
  /// - Parameters:
  ///   - name: The layer's name.
  ///   - source: The matrix as it is stored.
  func weight(_ name: String, source: WeightTensor) -> WeightTensor? {
    let shape = source.shape
    let layout = Quantization.Layout(for: shape)
    guard let units = checkpoint.tensors[name + ".weight"],
      let scales = checkpoint.tensors[name + ".scales"],
      let factors = checkpoint.tensors[name + ".factors"],
      units.dtype == Self.type(of: layout), units.shape == layout.axes(of: shape),
      scales.dtype == .float32, scales.shape == [shape[0]], factors.dtype == .float32,
      factors.shape == [shape[1]]
    else { return nil }
    let rowScales = scales.widened()
    return units.quantized(
      by: Quantization(
        scales: rowScales, factors: factors.widened(), group: Quantization.group(for: shape[1]),
        layout: layout,
        outliers: Outliers(of: rowScales, source: source, known: outlierColumns(name, source))),
      shape: shape)
  }

  /// The matrix of a layer as it is stored.
  static func units(_ name: String, shape: [Int]) -> TensorInfo {
    let layout = Quantization.Layout(for: shape)
    return TensorInfo(
      name: name + ".weight", dtype: type(of: layout), shape: layout.axes(of: shape))
  }

  /// Bytes of panels have an offset.
  private static func type(of layout: Quantization.Layout) -> DType {
    layout == .rows ? .int8 : .uint8
  }

  private func outlierColumns(
    _ name: String, _ source: WeightTensor
  ) -> (numbers: [Int], weights: WeightTensor)? {
    guard let numbers = columns?.tensors[name + ".columns"],
      let weights = columns?.tensors[name + ".column_weights"], numbers.dtype == .float32,
      numbers.shape.count == 1, weights.dtype == source.gatheredType,
      weights.shape == [source.shape[0], numbers.count]
    else { return nil }
    // Numbers of columns are far below 2^24, up to which single precision has every integer.
    let columns = numbers.widened().elements.map { Int($0) }
    guard columns.allSatisfy((0..<source.shape[1]).contains) else { return nil }
    return (columns, weights)
  }

  static func metadata(of identity: ModelIdentity) -> [String: String] {
    ["format": format, "source": identity.fingerprint, "files": identity.fileStamps]
  }
}
