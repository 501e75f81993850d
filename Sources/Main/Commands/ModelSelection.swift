import Files
import Flux2
import Foundation

/// Which model the command line asks for.
enum ModelSelection {
  private static let files: [Option] = [.transformer, .autoencoder, .textEncoder, .tokenizer]

  /// The files of the model.
  /// - Parameters:
  ///   - invocation: May name four separate files.
  ///   - directory: The directory asked for; nil if none is.
  ///   - fallback: The directory used when nothing is asked for.
  static func files(
    _ invocation: Invocation, directory: String?, fallback: String?
  ) throws -> ModelFiles {
    let given = files.filter { invocation.has($0) }
    if given.isEmpty {
      guard let directory = directory ?? fallback else {
        throw UsageError("`iris model` needs a DIR, or all of \(spellings(files))")
      }
      return try self.directory(directory)
    }
    guard directory == nil else {
      throw UsageError("a model directory and \(given[0].spelling) exclude each other")
    }
    guard let transformer = invocation.value(.transformer),
      let autoencoder = invocation.value(.autoencoder),
      let textEncoder = invocation.value(.textEncoder),
      let tokenizer = invocation.value(.tokenizer)
    else {
      let missing = files.filter { !invocation.has($0) }
      throw UsageError("\(spellings(given)) needs \(spellings(missing)) beside it")
    }
    return .separate(
      transformer: transformer, autoencoder: autoencoder, textEncoder: textEncoder,
      tokenizer: tokenizer)
  }

  /// A model directory.
  static func directory(_ path: String) throws(CommandFailure) -> ModelFiles {
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
          + "model_index.json" + (kind == .safetensors ? ", or use --transformer" : ""))
    }
    guard !BoundedFile.exists(path + "/model_index.json") else { return .directory(path) }
    throw CommandFailure("\(path) has no model_index.json" + ModelPlaces.hint(path))
  }

  private static func spellings(_ options: [Option]) -> String {
    options.map(\.spelling).joined(separator: ", ")
  }
}
