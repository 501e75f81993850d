import Flux2
import JSON
import Rendering
import Tensors

/// The cost of a precision to a model, as `iris model --check` prints it.
struct PrecisionReport {
  private let check: PrecisionCheck

  /// Measures it on a small image.
  init(
    _ files: ModelFiles, _ precision: PrecisionMode, _ products: ProductChoice, threadCount: Int,
    progress: (String, Double) throws -> Void
  ) throws {
    check = try PrecisionCheck(
      files, precision, products, threadCount: threadCount, preparedDirectory: Installation.cache,
      request: PipelineRequest(
        prompt: "a red fox in the snow", width: 256, height: 256, seed: 1, stepCount: 4),
      progress: progress)
  }

  /// The report as `--json` prints it.
  var json: JSONValue {
    [
      "results": .array(check.results.map(Self.json)),
      "layers": .array(check.layers.map(Self.json)),
    ]
  }

  /// The same as text: the layers by their kind, since a model has hundreds.
  var lines: [String] {
    var lines = [Self.row("compared with float32", "cosine", "relative error", "by channel")]
    lines += check.results.map { Self.row($0.name, $0.distance) }
    lines.append(Self.row("layers, worst of each kind", "cosine", "relative error", "by channel"))
    var kinds: [(name: String, worst: PrecisionCheck.Entry)] = []
    for layer in check.layers {
      let kind = Self.kind(of: layer.name)
      guard let index = kinds.firstIndex(where: { $0.name == kind }) else {
        kinds.append((kind, layer))
        continue
      }
      if layer.distance.channelError > kinds[index].worst.distance.channelError {
        kinds[index].worst = layer
      }
    }
    lines += kinds.map { Self.row($0.worst.name, $0.worst.distance) }
    return lines
  }

  /// A layer's name without the number of its block.
  private static func kind(of name: String) -> String {
    name.utf8.split(separator: UInt8(ascii: ".")).filter { Int(Substring($0)) == nil }
      .map { String(Substring($0)) }.joined(separator: ".")
  }

  private static func json(_ entry: PrecisionCheck.Entry) -> JSONValue {
    [
      "name": .string(entry.name), "cosine": .number(entry.distance.cosine),
      "relative_error": .number(entry.distance.relativeError),
      "channel_error": .number(entry.distance.channelError),
    ]
  }

  private static func row(_ name: String, _ distance: PrecisionDistance) -> String {
    row(
      name, rounded(distance.cosine), "\(rounded(distance.relativeError * 100)) %",
      "\(rounded(distance.channelError * 100)) %")
  }

  private static func row(
    _ name: String, _ first: String, _ second: String, _ third: String
  ) -> String {
    func padded(_ text: String, _ width: Int) -> String {
      text + String(repeating: " ", count: max(2, width - text.utf8.count))
    }
    return padded(name, 58) + padded(first, 11) + padded(second, 16) + third
  }

  private static func rounded(_ value: Double) -> String {
    "\((value * 100_000).rounded() / 100_000)"
  }
}
