import Files
import Foundation

/// Looks for the model near a folder that is none.
enum ModelPlaces {
  private static let index = "/model_index.json"

  /// What to say behind "has no model_index.json".
  static func hint(_ path: String) -> String {
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
    if let part = part(of: path) { return "; the folder above, \(part), has one" }
    if names.contains(where: { $0.utf8.suffix(12).elementsEqual(".safetensors".utf8) }) {
      return
        "; single files are given by --transformer, --autoencoder, --text-encoder and --tokenizer"
    }
    return
      "; a model directory has it beside the folders transformer, vae, text_encoder and tokenizer"
  }

  /// The snapshot that the cache of one model refers to, or any.
  private static func snapshot(in path: String) -> String? {
    let folder = path + "/snapshots/"
    var names = children(of: folder)
    if let main = try? BoundedFile.bytes(of: path + "/refs/main", limit: 256) {
      names.insert(String(decoding: main.filter { $0 > 0x20 }, as: UTF8.self), at: 0)
    }
    return names.first { BoundedFile.exists(folder + $0 + index) }.map { folder + $0 }
  }

  /// The folder above, if this is a part of a model.
  private static func part(of path: String) -> String? {
    let above = URL(filePath: path).standardizedFileURL.deletingLastPathComponent().path
    return BoundedFile.exists(above + index) ? above : nil
  }

  private static func children(of path: String) -> [String] {
    ((try? FileManager.default.contentsOfDirectory(atPath: path)) ?? []).sorted()
  }
}
