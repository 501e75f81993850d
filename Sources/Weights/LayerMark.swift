import JSON
import Tensors
import Text

/// The format of one quantised layer as ComfyUI marks it: a JSON object in the bytes of `<layer>.comfy_quant`, or in
/// the header's `_quantization_metadata`, where it may be the bare name.
struct LayerMark: Equatable {
  /// The name of the format.
  let format: ByteString
  /// Columns that ConvRot rotated together; 0 for none.
  var rotationGroup = 0

  /// The group of a rotated layer whose mark names none.
  private static let defaultGroup = 256
  /// Maximum length of the bytes of a mark.
  private static let byteLimit = 65_536

  /// Takes a mark; nil if it names no format.
  init?(_ value: JSONValue) {
    guard case .object(let object) = value else {
      guard case .string(let name) = value else { return nil }
      format = name
      return
    }
    guard case .string(let name)? = object["format"] else { return nil }
    format = name
    var parameters = JSONObject()
    if case .object(let nested)? = object["params"] { parameters = nested }
    guard (object["convrot"] ?? parameters["convrot"]) == .boolean(true) else { return }
    rotationGroup = Self.defaultGroup
    guard let group = object["convrot_groupsize"] ?? parameters["convrot_groupsize"] else { return }
    guard case .number(let number) = group, let size = number.integer, size > 0 else { return nil }
    rotationGroup = size
  }

  /// Returns the marks of all layers of a checkpoint, by their paths without the component's prefix.
  static func all(in checkpoint: Checkpoint) throws(WeightsError) -> [String: LayerMark] {
    var marks = try header(of: checkpoint)
    for (name, tensor) in checkpoint.tensors where name.hasSuffix(".comfy_quant") {
      guard tensor.dtype == .uint8, tensor.byteCount <= byteLimit,
        let value = try? JSONValue(tensor.bytes(0..<tensor.byteCount)), let mark = LayerMark(value)
      else {
        throw WeightsError(.malformed, file: checkpoint.name, "\(name) names no format")
      }
      marks[path(of: String(name.dropLast(".comfy_quant".count)))] = mark
    }
    return marks
  }

  private static func header(of checkpoint: Checkpoint) throws(WeightsError) -> [String: LayerMark]
  {
    guard let text = checkpoint.metadata["_quantization_metadata"] else { return [:] }
    guard case .object(let root)? = try? JSONValue(Array(text)),
      case .object(let layers)? = root["layers"]
    else {
      throw WeightsError(
        .malformed, file: checkpoint.name, "_quantization_metadata has no object of layers")
    }
    var marks: [String: LayerMark] = [:]
    for layer in layers.members {
      guard let name = layer.name.string(limit: SafetensorsHeader.nameLimit),
        let mark = LayerMark(layer.value)
      else {
        throw WeightsError(
          .malformed, file: checkpoint.name,
          "_quantization_metadata names no format of the layer '\(layer.name)'")
      }
      marks[path(of: name)] = mark
    }
    return marks
  }

  /// Returns the path of a layer without a transformer's prefix, which some converters leave out of the header.
  static func path(of layer: String) -> String {
    for prefix in ["model.diffusion_model.", "diffusion_model."] where layer.hasPrefix(prefix) {
      return String(layer.dropFirst(prefix.count))
    }
    return layer
  }
}
