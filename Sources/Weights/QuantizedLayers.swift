import Tensors
import Text

extension Checkpoint {
  /// Returns the tensors of a file in what they stand for: quantised weights with their scales and layouts, without
  /// the tensors that describe them.
  ///
  /// Each layer is taken by itself, since files are mixed. A scale without a quantised weight, a quantised weight
  /// without its scale, and a format that cannot be read are errors: images of weights without their scales are
  /// white or noise.
  public func readingQuantizedLayers() throws(WeightsError) -> Checkpoint {
    var layers = QuantizedLayers(self, marks: try LayerMark.all(in: self))
    return replacing(try layers.read())
  }
}

/// Reads the layers of a safetensors file, in the spellings of ComfyUI, diffusers, ModelOpt and Hugging Face.
///
/// | beside `<layer>.weight` | format |
/// |---|---|
/// | `comfy_quant`, or an entry in the header's `_quantization_metadata` | the one named |
/// | `weight_scale` or `scale_weight`, of one element or one for each row | fp8 or int8 with these factors |
/// | `weight_scale` in fp8, `weight_scale_2` | nvfp4 |
/// | `weight_scale_inv` | fp8 with a factor for each 128x128 elements |
/// | nothing | fp8 as it is |
struct QuantizedLayers {
  private let file: String
  private let metadata: [ByteString: ByteString]
  private let marks: [String: LayerMark]
  /// True if the file says that its fp8 weights have scales.
  private let isScaled: Bool
  private var tensors: [String: WeightTensor]

  /// Tensors that say how to round activations, or what `LayerMark` reads; no part of the weights.
  private static let ignored = [".comfy_quant", ".input_scale", ".scale_input"]
  private static let scaleNames = [
    ".weight_scale", ".scale_weight", ".weight_scale_2", ".weight_scale_inv",
  ]
  /// Rows and columns of a block of fine-grained fp8.
  private static let blockEdge = 128

  init(_ checkpoint: Checkpoint, marks: [String: LayerMark]) {
    file = checkpoint.name
    metadata = checkpoint.metadata
    self.marks = marks
    tensors = checkpoint.tensors
    isScaled = tensors.keys.contains(where: Self.isScaledMark)
  }

  private static func isScaledMark(_ name: String) -> Bool {
    name == "scaled_fp8" || name.hasSuffix(".scaled_fp8")
  }

  /// Returns the tensors but for those that describe others.
  mutating func read() throws(WeightsError) -> [String: WeightTensor] {
    for name in tensors.keys.sorted() where name.hasSuffix(".weight") {
      guard let weight = tensors[name] else { continue }
      let layer = String(name.dropLast(".weight".count))
      tensors[name] = try read(layer, weight)
    }
    tensors = tensors.filter { name, _ in
      !Self.isScaledMark(name) && !Self.ignored.contains { name.hasSuffix($0) }
    }
    for name in tensors.keys.sorted() {
      guard let ending = Self.scaleNames.first(where: { name.hasSuffix($0) }) else { continue }
      let weight = "\(name.dropLast(ending.count)).weight"
      // A factor of one changes nothing.
      if tensors[weight]?.dtype.isComputable == true, tensors[name]?.number == 1 {
        tensors[name] = nil
        continue
      }
      throw failure("\(name) is a scale, and \(weight) is no weight that it belongs to")
    }
    return tensors
  }

  private mutating func read(
    _ layer: String, _ weight: WeightTensor
  ) throws(WeightsError) -> WeightTensor {
    if let mark = marks[LayerMark.path(of: layer)] { return try read(layer, weight, as: mark) }
    switch weight.dtype {
    case .int8: return try scaled(layer, weight, .int8)
    case .uint8 where tensors["\(layer).weight_scale_2"] != nil:
      return try nvfp4(layer, weight, isMarked: false)
    case .float8E4M3, .float8E5M2:
      let format: WeightEncoding.Format =
        weight.dtype == .float8E4M3 ? .float8E4M3 : .float8E5M2
      if tensors["\(layer).weight_scale_inv"] != nil {
        return try fineGrained(layer, weight, format)
      }
      return scaleName(of: layer) != nil || isScaled ? try scaled(layer, weight, format) : weight
    default: return weight
    }
  }

  private mutating func read(
    _ layer: String, _ weight: WeightTensor, as mark: LayerMark
  ) throws(WeightsError) -> WeightTensor {
    let isInt8 = mark.format.equals("int8_tensorwise")
    guard mark.rotationGroup == 0 || isInt8 else {
      throw failure(
        "\(layer) is quantised as '\(mark.format)' with convrot, which is not supported")
    }
    let formats: [(name: String, type: DType)] = [
      ("float8_e4m3fn", .float8E4M3), ("float8_e5m2", .float8E5M2), ("int8_tensorwise", .int8),
      ("nvfp4", .uint8), ("mxfp8", .float8E4M3),
    ]
    guard let format = formats.first(where: { mark.format.equals($0.name) }) else {
      throw failure("\(layer) is quantised as '\(mark.format)', which is not supported")
    }
    guard weight.dtype == format.type else {
      throw failure(
        "\(layer).weight is \(weight.dtype.rawValue), expected \(format.type.rawValue) of "
          + "'\(format.name)'", .malformed)
    }
    switch format.name {
    case "nvfp4": return try nvfp4(layer, weight, isMarked: true)
    case "mxfp8": return try mxfp8(layer, weight)
    case "int8_tensorwise":
      return try scaled(layer, weight, .int8, rotationGroup: mark.rotationGroup)
    default:
      return try scaled(layer, weight, weight.dtype == .float8E4M3 ? .float8E4M3 : .float8E5M2)
    }
  }

  private func failure(_ detail: String, _ code: WeightsError.Code = .unsupported) -> WeightsError {
    WeightsError(code, file: file, detail)
  }
}

/// The formats.
extension QuantizedLayers {
  /// The name of a layer's factors in either spelling, if it has some.
  private func scaleName(of layer: String) -> String? {
    ["\(layer).weight_scale", "\(layer).scale_weight"].first { tensors[$0] != nil }
  }

  /// Takes a scale out of the tensors.
  private mutating func take(_ name: String) throws(WeightsError) -> WeightTensor {
    guard let tensor = tensors.removeValue(forKey: name) else {
      throw WeightsError(.missingTensor, file: file, "\(name) is missing, a scale")
    }
    return tensor
  }

  /// Takes factors out of the tensors.
  private mutating func takeFactors(_ name: String) throws(WeightsError) -> Tensor {
    let tensor = try take(name)
    guard [.float32, .float16, .bfloat16].contains(tensor.dtype), tensor.isFinite else {
      throw failure("\(name) is \(tensor.dtype.rawValue), expected finite floats", .malformed)
    }
    return tensor.widened()
  }

  private mutating func scaled(
    _ layer: String, _ weight: WeightTensor, _ format: WeightEncoding.Format,
    rotationGroup group: Int = 0
  ) throws(WeightsError) -> WeightTensor {
    guard let name = scaleName(of: layer) else {
      throw WeightsError(
        .missingTensor, file: file,
        "\(layer).weight_scale is missing, and \(layer).weight is \(weight.dtype.rawValue)")
    }
    let factors = try takeFactors(name)
    guard let rows = weight.shape.first,
      factors.elements.count == 1 || factors.shape == [rows] || factors.shape == [rows, 1]
    else {
      throw failure(
        "\(name) has the shape \(factors.shape), expected one element, or one for each row of "
          + "\(weight.shape)", .malformed)
    }
    let columns = weight.shape.dropFirst().reduce(1, *)
    guard group == 0 || [4, 16, 64, 256].contains(group) && columns % group == 0 else {
      throw failure(
        "\(layer) is rotated in groups of \(group) of \(columns) columns, expected 4, 16, 64 or 256 "
          + "that divide them", .malformed)
    }
    let scales: WeightScales =
      factors.elements.count == 1 ? .whole(factors.elements[0]) : .rows(factors.elements)
    return weight.encoded(
      as: WeightEncoding(format, rowCount: rows, scales: scales, rotationGroup: group),
      shape: weight.shape)
  }

  private mutating func fineGrained(
    _ layer: String, _ weight: WeightTensor, _ format: WeightEncoding.Format
  ) throws(WeightsError) -> WeightTensor {
    let name = "\(layer).weight_scale_inv"
    let factors = try takeFactors(name)
    let edge = Self.blockEdge
    let blocks = weight.shape.map { $0 / edge + ($0 % edge == 0 ? 0 : 1) }
    guard weight.shape.count == 2, factors.shape == blocks else {
      throw failure(
        "\(name) has the shape \(factors.shape), expected \(blocks): one for each \(edge)x\(edge) of "
          + "\(weight.shape)", .malformed)
    }
    return weight.encoded(
      as: WeightEncoding(
        format, rowCount: weight.shape[0], scales: .blocks(factors, edge: edge)),
      shape: weight.shape)
  }

  private mutating func mxfp8(
    _ layer: String, _ weight: WeightTensor
  ) throws(WeightsError) -> WeightTensor {
    let shape = try matrix(layer, weight, block: 32)
    let name = "\(layer).weight_scale"
    let scales = try take(name)
    let count = BlockScales.tiledByteCount(rows: shape[0], blockCount: shape[1] / 32)
    guard scales.dtype == .uint8 || scales.dtype == .float8E8M0, scales.count == count else {
      throw failure(
        "\(name) is \(scales.dtype.rawValue) \(scales.shape), expected \(count) bytes of \(shape)",
        .malformed)
    }
    return weight.encoded(
      as: WeightEncoding(
        .mxfp8, rowCount: shape[0], blockScales: .tiles(scales, blockCount: shape[1] / 32)),
      shape: shape)
  }

  private mutating func nvfp4(
    _ layer: String, _ weight: WeightTensor, isMarked: Bool
  ) throws(WeightsError) -> WeightTensor {
    let shape = try matrix(layer, weight, valuesPerByte: 2, block: 16)
    let (rows, blocks) = (shape[0], shape[1] / 16)
    let name = "\(layer).weight_scale"
    let scales = try take(name)
    let factor = try takeFactors("\(layer).weight_scale_2")
    let tiled = [(rows + 127) / 128 * 128, (blocks + 3) / 4 * 4]
    let isTiled = isMarked ? true : try isTiled(scales.shape, tiled, [rows, blocks], layer)
    guard [.float8E4M3, .uint8].contains(scales.dtype), factor.elements.count == 1,
      scales.shape == (isTiled ? tiled : [rows, blocks])
    else {
      throw failure(
        "\(name) is \(scales.dtype.rawValue) \(scales.shape), expected F8_E4M3 "
          + "\(isTiled ? tiled : [rows, blocks]) and one weight_scale_2", .malformed)
    }
    return weight.encoded(
      as: WeightEncoding(
        isTiled ? .nvfp4Tiled : .nvfp4, rowCount: rows, scales: .whole(factor.elements[0]),
        blockScales: isTiled
          ? .tiles(scales, blockCount: blocks) : .rows(scales, blockCount: blocks)),
      shape: shape)
  }

  /// Returns the layout of a layer without a mark: by the file's, or by the shapes where these differ.
  private func isTiled(
    _ shape: [Int], _ tiled: [Int], _ rows: [Int], _ layer: String
  ) throws(WeightsError) -> Bool {
    if metadata["quantization"]?.equals("nvfp4") == true { return false }
    guard tiled == rows else { return shape == tiled }
    throw failure(
      "\(layer) is nvfp4, and nothing says in which of two layouts: the file has neither "
        + "_quantization_metadata, as ComfyUI's have, nor \"quantization\": \"nvfp4\"")
  }

  /// Returns the shape of a matrix, which must have whole blocks of columns.
  private func matrix(
    _ layer: String, _ weight: WeightTensor, valuesPerByte: Int = 1, block: Int
  ) throws(WeightsError) -> [Int] {
    guard weight.shape.count == 2, weight.count > 0,
      weight.shape[1] * valuesPerByte % block == 0
    else {
      throw failure(
        "\(layer).weight is \(weight.dtype.rawValue) \(weight.shape), expected rows of whole "
          + "\(block)s", .malformed)
    }
    return [weight.shape[0], weight.shape[1] * valuesPerByte]
  }
}
