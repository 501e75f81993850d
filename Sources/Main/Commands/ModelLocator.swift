import Files
import Flux2
import Foundation
import Rendering

/// Finds the model files that the command line names.
enum ModelLocator {
  private static let fileOptions: [Option] = [.transformer, .autoencoder, .textEncoder, .tokenizer]

  /// Returns the files of the model.
  /// - Parameters:
  ///   - invocation: May name separate files.
  ///   - directory: The model directory that was named; nil if none was.
  ///   - fallback: The directory to use when nothing was named.
  static func files(
    _ invocation: Invocation, directory: String?, fallback: String?
  ) throws -> ModelFiles {
    let given = fileOptions.filter { invocation.has($0) }
    if given.isEmpty, directory == nil, fallback == nil {
      throw UsageError("`iris model` needs a DIR, or all of \(spellings(fileOptions))")
    }
    var parts = ModelParts()
    parts.transformer = invocation.value(.transformer)
    parts.autoencoder = invocation.value(.autoencoder)
    parts.textEncoder = invocation.value(.textEncoder)
    parts.tokenizer = invocation.value(.tokenizer)
    return try files(parts, directory: directory ?? (given.isEmpty ? fallback : nil)) {
      let missing = fileOptions.filter { !invocation.has($0) }
      return UsageError(
        "\(spellings(given)) needs \(spellings(missing)) beside it, or a model directory")
    }
  }

  /// Returns the files of a model directory with some parts replaced, or of four parts alone.
  /// - Parameter missing: The error for parts that are no model.
  static func files(
    _ parts: ModelParts, directory: String?, missing: () -> UsageError
  ) throws -> ModelFiles {
    if let directory {
      try check(directory: directory)
      return .directory(directory, replacing: parts)
    }
    guard let transformer = parts.transformer, let autoencoder = parts.autoencoder,
      let textEncoder = parts.textEncoder, let tokenizer = parts.tokenizer
    else { throw missing() }
    return .separate(
      transformer: transformer, autoencoder: autoencoder, textEncoder: textEncoder,
      tokenizer: tokenizer)
  }

  /// Returns the files of a model directory.
  static func directory(_ path: String) throws(CommandFailure) -> ModelFiles {
    try check(directory: path)
    return .directory(path)
  }

  private static func check(directory path: String) throws(CommandFailure) {
    var isDirectory: ObjCBool = false
    let exists = unsafe FileManager.default.fileExists(atPath: path, isDirectory: &isDirectory)
    guard exists else {
      throw CommandFailure(
        "there is no model directory \(path); name one that has a model_index.json")
    }
    guard isDirectory.boolValue else {
      let kind = FileKind.sniff(file: path)
      throw CommandFailure(
        "\(path) is \(kind?.words ?? "a file"), not a model directory; name one that has a "
          + "model_index.json"
          + ([.safetensors, .gguf].contains(kind) ? ", or use --transformer" : ""))
    }
    guard !BoundedFile.exists(path + "/model_index.json") else { return }
    throw CommandFailure("\(path) has no model_index.json" + ModelDirectoryHint.text(for: path))
  }

  private static func spellings(_ options: [Option]) -> String {
    options.map(\.spelling).joined(separator: ", ")
  }
}

/// Says where the model may be when a directory is not a model.
private enum ModelDirectoryHint {
  private static let index = "/model_index.json"

  /// The end of the message "has no model_index.json".
  static func text(for path: String) -> String {
    if let snapshot = snapshot(in: path) {
      return "; it is a Hugging Face cache, whose models are in their snapshots: name \(snapshot)"
    }
    let names = children(of: path)
    let repositories = names.filter { $0.utf8.starts(with: "models--".utf8) }
    for name in repositories {
      if let snapshot = snapshot(in: path + "/" + name) {
        return "; it is a Hugging Face cache of several models: name one, as \(snapshot)"
      }
    }
    if names.contains("snapshots") || !repositories.isEmpty || names.contains("blobs") {
      return "; it is a Hugging Face cache without a whole snapshot: download the model anew"
    }
    if let name = names.first(where: { BoundedFile.exists(path + "/" + $0 + index) }) {
      return "; \(path)/\(name) has one"
    }
    if let parent = parent(of: path) { return "; the folder above, \(parent), has one" }
    if names.contains(where: { name in
      [".safetensors", ".gguf"].contains { name.utf8.suffix($0.utf8.count).elementsEqual($0.utf8) }
    }) {
      return
        "; single files are given by --transformer, --autoencoder, --text-encoder and --tokenizer"
    }
    return
      "; a model directory has it beside the folders transformer, vae, text_encoder and tokenizer"
  }

  /// The snapshot that `refs/main` of one model's cache names, else any complete one.
  private static func snapshot(in path: String) -> String? {
    let folder = path + "/snapshots/"
    var names = children(of: folder)
    if let main = try? BoundedFile.bytes(of: path + "/refs/main", limit: 256) {
      names.insert(String(decoding: main.filter { $0 > 0x20 }, as: UTF8.self), at: 0)
    }
    return names.first { BoundedFile.exists(folder + $0 + index) }.map { folder + $0 }
  }

  /// The parent directory, if it is a model.
  private static func parent(of path: String) -> String? {
    let above = URL(filePath: path).standardizedFileURL.deletingLastPathComponent().path
    return BoundedFile.exists(above + index) ? above : nil
  }

  private static func children(of path: String) -> [String] {
    ((try? FileManager.default.contentsOfDirectory(atPath: path)) ?? []).sorted()
  }
}

/// Warnings about a model's files, independent of any request.
enum ModelWarnings {
  /// All warnings.
  static func about(indexKeys: [String], repeatedKeys: [RepeatedKey]) -> [RenderWarning] {
    misspelt(indexKeys)
      + repeatedKeys.map {
        RenderWarning(.repeatedKey, "\($0.file) has the key `\($0.key)` twice; the last one counts")
      }
  }

  /// Unknown keys of `model_index.json` that are close to a known one.
  ///
  /// Other unknown keys belong to diffusers and other programs.
  private static func misspelt(_ indexKeys: [String]) -> [RenderWarning] {
    indexKeys.compactMap { key in
      guard !ModelIndex.knownKeys.contains(key),
        let guess = Suggestion.closest(to: key, among: ModelIndex.knownKeys)
      else { return nil }
      return RenderWarning(
        .unknownKey,
        "model_index.json has the key `\(key)`, which means nothing; did you mean \(guess)?")
    }
  }
}
