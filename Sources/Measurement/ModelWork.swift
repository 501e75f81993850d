public import Flux2

/// The work of one render, counted: products of the blocks, and attention (spec §3, §4).
///
/// Norms, activations, embedders and modulation are left out; they are below a hundredth.
public struct ModelWork: Sendable {
  private let text: TextEncoderConfiguration
  private let transformer: TransformerConfiguration
  /// Tokens of the prompt.
  private let promptLength: Int
  /// Layers of the text encoder that are run.
  private let layerCount: Int
  /// Tokens of the image.
  private let imageTokens: Int

  /// Counts the work of an image without references.
  public init(_ pipeline: Pipeline, width: Int, height: Int) {
    let (model, request) = (
      pipeline.model,
      PipelineRequest(prompt: "", width: width, height: height, seed: 0, stepCount: 1)
    )
    self.init(
      model.textEncoder.configuration, layerCount: model.textEncoder.outputs.max() ?? 0,
      model.transformer.configuration, promptLength: model.promptLength,
      imageTokens: pipeline.geometry(of: request).grid.count)
  }

  /// Counts the work of parts of certain shapes.
  package init(
    _ text: TextEncoderConfiguration, layerCount: Int, _ transformer: TransformerConfiguration,
    promptLength: Int, imageTokens: Int
  ) {
    self.text = text
    self.layerCount = layerCount
    self.transformer = transformer
    self.promptLength = promptLength
    self.imageTokens = imageTokens
  }

  private var tokens: Int { promptLength + imageTokens }

  /// The products of a layer of the text encoder.
  private var textProducts: [LinearProduct] {
    let (length, hidden) = (promptLength, text.hiddenSize)
    let keys = text.keyValueHeadCount * text.headDim
    let queries = text.headCount * text.headDim
    return [
      LinearProduct(name: "text query", m: length, n: queries, k: hidden),
      LinearProduct(name: "text key", m: length, n: keys, k: hidden),
      LinearProduct(name: "text value", m: length, n: keys, k: hidden),
      LinearProduct(name: "text attention output", m: length, n: hidden, k: queries),
      LinearProduct(name: "text gate", m: length, n: text.intermediateSize, k: hidden),
      LinearProduct(name: "text up", m: length, n: text.intermediateSize, k: hidden),
      LinearProduct(name: "text down", m: length, n: hidden, k: text.intermediateSize),
    ]
  }

  /// The products of a double stream block for one of its streams.
  private func doubleProducts(_ stream: String, _ rows: Int) -> [LinearProduct] {
    let (hidden, inner) = (transformer.hiddenSize, transformer.intermediateSize)
    let square = ["query", "key", "value", "attention output"].map {
      LinearProduct(name: "double \(stream) \($0)", m: rows, n: hidden, k: hidden)
    }
    return square + [
      LinearProduct(name: "double \(stream) gate and up", m: rows, n: 2 * inner, k: hidden),
      LinearProduct(name: "double \(stream) down", m: rows, n: hidden, k: inner),
    ]
  }

  private var singleProducts: [LinearProduct] {
    let (hidden, inner) = (transformer.hiddenSize, transformer.intermediateSize)
    return [
      LinearProduct(name: "single input", m: tokens, n: 3 * hidden + 2 * inner, k: hidden),
      LinearProduct(name: "single output", m: tokens, n: hidden, k: hidden + inner),
    ]
  }

  /// The largest product of a single row: of the noise level, once for each step of a schedule.
  private var modulationProduct: LinearProduct {
    LinearProduct(
      name: "modulation", m: 1, n: 6 * transformer.hiddenSize, k: transformer.hiddenSize)
  }

  /// The products of different shapes, each under the name of the first layer that has it.
  public var products: [LinearProduct] {
    let all =
      textProducts + doubleProducts("text", promptLength) + doubleProducts("image", imageTokens)
      + singleProducts + [modulationProduct]
    return all.reduce(into: []) { distinct, product in
      let isKnown = distinct.contains { ($0.m, $0.n, $0.k) == (product.m, product.n, product.k) }
      if !isKnown { distinct.append(product) }
    }
  }

  /// Operations of a layer of the text encoder.
  public var textLayer: Double {
    Self.sum(textProducts)
      + Self.attention(promptLength, width: text.headCount * text.headDim)
  }

  /// Operations of a double stream block.
  public var doubleBlock: Double {
    Self.sum(doubleProducts("", tokens)) + Self.attention(tokens, width: transformer.hiddenSize)
  }

  /// Operations of a single stream block.
  public var singleBlock: Double {
    Self.sum(singleProducts) + Self.attention(tokens, width: transformer.hiddenSize)
  }

  /// Operations of the text encoder.
  public var textEncoder: Double { Double(layerCount) * textLayer }

  /// Operations of a denoising step.
  public var step: Double {
    Double(transformer.doubleBlockCount) * doubleBlock
      + Double(transformer.singleBlockCount) * singleBlock
  }

  private static func sum(_ products: [LinearProduct]) -> Double {
    products.reduce(0) { $0 + $1.operations }
  }

  /// Scores and their product with the values, masked ones too.
  private static func attention(_ tokens: Int, width: Int) -> Double {
    4 * Double(tokens) * Double(tokens) * Double(width)
  }
}
