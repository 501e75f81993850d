import Files
import Tensors
import Weights

/// Quantised weights of a model in a file of their own, mapped as they are multiplied.
///
/// A safetensors file: for each matrix of the blocks its units (`….weight`, int8), the scales of its rows and
/// the factors of its columns (see `Quantization`). Its metadata binds it to the source: the model's
/// fingerprint, and sizes and times of the source's files.
struct PreparedWeights: Sendable {
  /// Changes whenever the meaning of the stored numbers does.
  static let format = "iris int8 1"

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
      case .stale: "the prepared weights belong to another state of the files: " + advice
      case .unreadable(let error):
        "the prepared weights in \(error.file) \(error.detail): " + advice
      case .ready: "with prepared weights"
      }
    }
  }

  private let checkpoint: Checkpoint

  /// The path of a model's prepared weights.
  static func path(in directory: String, for sources: ModelSources) -> String {
    "\(directory)/prepared/\(String(decoding: sources.fingerprint.utf8.prefix(32), as: UTF8.self))-int8.safetensors"
  }

  /// Opens the prepared weights of a model.
  static func open(in directory: String, for sources: ModelSources) -> State {
    let path = path(in: directory, for: sources)
    guard BoundedFile.exists(path) else { return .missing }
    do {
      let checkpoint = try Checkpoint.open(file: path)
      let expected = metadata(of: sources)
      for (key, value) in expected {
        let found = checkpoint.metadata.first { $0.key.elementsEqual(key.utf8) }?.value
        guard let found, found.elementsEqual(value.utf8) else { return .stale }
      }
      return .ready(PreparedWeights(checkpoint: checkpoint))
    } catch {
      return .unreadable(error)
    }
  }

  /// Returns a matrix that was prepared; nil if there is none of this name and shape.
  /// - Parameters:
  ///   - name: The layer's name.
  ///   - shape: The matrix's shape.
  func weight(_ name: String, shape: [Int]) -> WeightTensor? {
    guard let units = checkpoint.tensors[name + ".weight"],
      let scales = checkpoint.tensors[name + ".scales"],
      let factors = checkpoint.tensors[name + ".factors"],
      units.dtype == .int8, units.shape == shape, scales.dtype == .float32,
      scales.shape == [shape[0]], factors.dtype == .float32, factors.shape == [shape[1]]
    else { return nil }
    return units.quantized(
      by: Quantization(
        scales: scales.widened(), factors: factors.widened(),
        group: Quantization.group(for: shape[1])))
  }

  static func metadata(of sources: ModelSources) -> [String: String] {
    let parts = [sources.transformer.checkpoint, sources.textEncoder.checkpoint]
    return [
      "format": format, "source": sources.fingerprint,
      "files": parts.map(\.fileStamp).joined(separator: " "),
    ]
  }
}
