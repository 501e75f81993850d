import Files
import JSON
import Text

/// The shard of each tensor, read from `<stem>.safetensors.index.json` (spec §1.6).
struct ShardIndex {
  /// The shards' file names, sorted; all are in the index's own directory.
  let files: [String]
  /// The names of the tensors in each file.
  ///
  /// Tensors that a shard contains but the index does not list are not part of the checkpoint.
  let tensorNames: [String: [String]]

  /// Maximum length of a file name on Linux.
  private static let fileNameLimit = 255

  /// Reads an index file.
  init(path: String) throws(WeightsError) {
    var names: [String: [String]] = [:]
    for member in try Self.members(of: path) {
      guard case .string(let shard) = member.value else {
        throw WeightsError(.malformed, file: path, "has no readable weight_map")
      }
      guard !shard.isEmpty, shard.first != UInt8(ascii: "."), !shard.contains(UInt8(ascii: "/")),
        shard.isASCII, let file = shard.string(limit: Self.fileNameLimit)
      else {
        throw WeightsError(
          .malformed, file: path, "the shard '\(shard)' is no plain file name in ASCII")
      }
      guard member.name.isASCII, let name = member.name.string(limit: SafetensorsHeader.nameLimit)
      else {
        throw WeightsError(
          .malformed, file: path,
          "the tensor name '\(member.name)' is not ASCII of at most \(SafetensorsHeader.nameLimit) bytes"
        )
      }
      names[file, default: []].append(name)
    }
    files = names.keys.sorted()
    tensorNames = names
  }

  /// Returns the members of `weight_map`: tensor names and their files.
  private static func members(of path: String) throws(WeightsError) -> [JSONObject.Member] {
    let bytes: [UInt8]
    do {
      bytes = try BoundedFile.bytes(of: path, limit: SafetensorsHeader.byteLimit, expecting: .json)
    } catch .wrongKind(let words) {
      throw WeightsError(.malformed, file: path, words)
    } catch {
      throw WeightsError(.unreadable, file: path, "\(error)")
    }
    let root: JSONValue
    do {
      root = try JSONValue(bytes)
    } catch {
      throw WeightsError(.malformed, file: path, "has no readable weight_map: \(error)")
    }
    guard case .object(let object) = root, case .object(let map)? = object["weight_map"] else {
      throw WeightsError(.malformed, file: path, "has no readable weight_map")
    }
    return map.members
  }
}
