/// Where a model's files lie.
public enum ModelFiles: Sendable, Equatable {
  /// A directory in the layout of diffusers (spec §1.1).
  case directory(String)
  /// Single files, in the spelling of diffusers or of the original release, and a tokenizer directory.
  case separate(transformer: String, autoencoder: String, textEncoder: String, tokenizer: String)
}
