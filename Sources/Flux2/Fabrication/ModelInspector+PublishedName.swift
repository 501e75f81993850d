/// The published models, recognised by their dimensions.
extension ModelInspector {
  /// The names of the published models whose parts have the dimensions of these; nil for others.
  public var publishedName: String? {
    let text = sources.textEncoder.configuration
    return [ModelShape.klein4B, .klein9B].first { shape in
      shape.textEncoder.hiddenSize == text.hiddenSize
        && shape.textEncoder.layerCount == text.layerCount
        && (try? shape.transformer) == sources.transformer.configuration
    }.map { shape in
      let decoder = sources.autoencoder.configuration.hasSmallDecoder ? ", small decoder" : ""
      let base = sources.index.isDistilled ? "" : " base"
      return shape == .klein4B
        ? "FLUX.2 [klein]\(base) 4B, Qwen3-4B\(decoder)"
        : "FLUX.2 [klein]\(base) 9B, Qwen3-8B\(decoder)"
    }
  }
}

extension AutoencoderConfiguration {
  /// True if the decoder has fewer channels than the encoder, as in the published small decoder.
  fileprivate var hasSmallDecoder: Bool {
    zip(decoderChannels, encoderChannels).contains { $0 < $1 }
  }
}
