import Weights

/// The identity of a model by samples of its weights, and the state of its files.
///
/// Reading the samples takes a seek for each tensor that is not in memory, so a start computes it once and passes
/// it on.
struct ModelIdentity: Sendable {
  /// Identifies the whole model (`Checkpoint.fingerprint`).
  let fingerprint: String
  /// Identifies the text encoder; weights that are never read count by name and shape.
  let textEncoder: String
  /// Sizes and times of the files of transformer and text encoder.
  let fileStamps: String

  init(_ sources: ModelSources) {
    textEncoder = sources.textEncoder.checkpoint.fingerprint(
      describing: TextEncoder.unreadNames(
        sources.textEncoder.configuration, outputs: sources.index.textEncoderOutputs))
    let parts = [
      sources.transformer.checkpoint.fingerprint(), textEncoder,
      sources.autoencoder.checkpoint.fingerprint(),
    ]
    fingerprint = Checkpoint.fingerprint(
      joining: parts + (sources.lowNoiseAdapter.map { [$0.fingerprint()] } ?? []))
    fileStamps = [sources.transformer.checkpoint, sources.textEncoder.checkpoint].map(\.fileStamp)
      .joined(separator: " ")
  }
}
