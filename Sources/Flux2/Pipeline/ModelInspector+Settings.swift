// What the configurations say, in words.

extension TextEncoderConfiguration {
  var settings: [ModelInspector.Setting] {
    [
      .init(name: "layers", value: "\(layerCount)"),
      .init(name: "features", value: "\(hiddenSize), \(intermediateSize) in the MLPs"),
      .init(
        name: "heads",
        value: "\(headCount) of \(headDim), \(keyValueHeadCount) for keys and values"),
      .init(name: "vocabulary", value: "\(vocabularySize)"),
    ]
  }
}

extension TransformerConfiguration {
  var settings: [ModelInspector.Setting] {
    let axes = axisDims.map { "\($0)" }.joined(separator: ", ")
    return [
      .init(
        name: "blocks",
        value: "\(doubleBlockCount) double stream, \(singleBlockCount) single stream"),
      .init(name: "features", value: "\(hiddenSize), \(intermediateSize) in the MLPs"),
      .init(name: "heads", value: "\(headCount) of \(headDim)"),
      .init(name: "rotary axes", value: axes),
      .init(name: "token features", value: "\(inChannels)"),
    ]
  }
}

extension AutoencoderConfiguration {
  var settings: [ModelInspector.Setting] {
    func list(_ channels: [Int]) -> String {
      channels.map { "\($0)" }.joined(separator: ", ")
    }
    return [
      .init(name: "encoder channels", value: list(encoderChannels)),
      .init(name: "decoder channels", value: list(decoderChannels)),
      .init(name: "latent channels", value: "\(latentChannels)"),
      .init(name: "pixels per latent", value: "\(pixelsPerLatent)"),
    ]
  }
}

extension SchedulerConfiguration {
  var summary: String {
    switch shift {
    case .exponential: "shifted by size and steps"
    case .linear: "shifted by size and steps, linearly"
    case .fixed(let shift): "shifted by \(shift)"
    }
  }
}
