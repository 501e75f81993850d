internal import Files

/// A key that a configuration file has twice.
public struct RepeatedKey: Sendable, Equatable {
  /// The file.
  public let file: String
  /// The key, fit for a message.
  public let key: String
}

extension ModelSources {
  private static let configurationNames = [
    "model_index.json", "vocabulary.json", "scheduler/scheduler_config.json",
    "text_encoder/config.json", "transformer/config.json", "vae/config.json",
  ]

  /// The keys that a model's configuration has twice, of which the last counts; other programs take that
  /// without a word.
  static func repeatedKeys(in files: ModelFiles) throws(Flux2Error) -> [RepeatedKey] {
    var keys: [RepeatedKey] = []
    for path in configurations(of: files) where BoundedFile.exists(path) {
      keys += try ConfigurationReader(file: path).repeatedKeys.map {
        RepeatedKey(file: path, key: "\($0)")
      }
    }
    return keys
  }

  private static func configurations(of files: ModelFiles) -> [String] {
    switch files {
    case .directory(let path): configurationNames.map { "\(path)/\($0)" }
    case .separate(let transformer, let autoencoder, let textEncoder, _):
      [transformer, autoencoder, textEncoder].map(Self.configuration(beside:))
    }
  }
}
