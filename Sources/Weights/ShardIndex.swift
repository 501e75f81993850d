internal import Files
internal import FoundationEssentials

/// Which shard holds which tensor, as `<stem>.safetensors.index.json` says (spec §1.6).
struct ShardIndex {
  /// The shards' file names, sorted; all lie in the index's own folder.
  let files: [String]
  /// The tensors of each file.
  ///
  /// A tensor that a shard holds but the index does not list is no part of the checkpoint.
  let tensorNames: [String: [String]]

  private struct Content: Decodable {
    var weightMap: [String: String]

    enum CodingKeys: String, CodingKey {
      case weightMap = "weight_map"
    }
  }

  /// Reads an index.
  init(path: String) throws(WeightsError) {
    let content: Content
    do {
      let bytes = try BoundedFile.bytes(of: path, limit: Header.byteLimit)
      content = try JSONDecoder().decode(Content.self, from: Data(bytes))
    } catch let fault as FileFault {
      throw WeightsError(.unreadable, file: path, "\(fault)")
    } catch {
      throw WeightsError(.malformed, file: path, "has no readable weight_map")
    }
    var names: [String: [String]] = [:]
    for (name, shard) in content.weightMap { names[shard, default: []].append(name) }
    for shard in names.keys where shard.isEmpty || shard.hasPrefix(".") || shard.contains("/") {
      throw WeightsError(.malformed, file: path, "the shard '\(shard)' is no plain file name")
    }
    files = names.keys.sorted()
    tensorNames = names
  }
}
