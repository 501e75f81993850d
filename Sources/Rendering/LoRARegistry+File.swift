internal import Files
import FoundationEssentials

extension LoRARegistry {
  /// `registry.json` as it is written.
  private struct Document: Decodable {
    struct Entry: Decodable {
      let name: String
      let file: String
      let description: String?
      let defaultStrength: Double?
    }

    let version: Int
    let loras: [Entry]
  }

  /// No registry needs more; bounds what is read of a file that is not one.
  private static let byteLimit = 1 << 20

  /// Reads `registry.json` in a directory; where there is none, only `none` is known.
  public init(directory: String) throws(RenderError) {
    let path = directory + "/registry.json"
    let document: Document
    do {
      let bytes = try BoundedFile.bytes(of: path, limit: Self.byteLimit)
      let decoder = JSONDecoder()
      decoder.keyDecodingStrategy = .convertFromSnakeCase
      document = try decoder.decode(Document.self, from: Data(bytes))
    } catch FileFault.missing {
      self.init()
      return
    } catch let fault as FileFault {
      throw Self.invalid(path, "\(fault)")
    } catch {
      throw Self.invalid(
        path, #"is not {"version": 1, "loras": [{"name": …, "file": …}, …]}"#)
    }
    guard document.version == 1 else {
      throw Self.invalid(path, "has version \(document.version); only 1 is known")
    }
    var entries: [Entry] = []
    for item in document.loras {
      try Self.check(item, among: entries, path: path)
      entries.append(
        Entry(
          name: item.name, file: item.file.first == "/" ? item.file : directory + "/" + item.file,
          description: item.description ?? "",
          defaultStrength: item.defaultStrength ?? Self.defaultStrength))
    }
    self.init(entries: entries)
  }

  private static func check(
    _ item: Document.Entry, among entries: [Entry], path: String
  ) throws(RenderError) {
    let allowed = item.name.utf8.allSatisfy {
      switch $0 {
      case 0x30...0x39, 0x41...0x5A, 0x61...0x7A, UInt8(ascii: "-"), UInt8(ascii: "_"): true
      default: false
      }
    }
    guard allowed, (1...64).contains(item.name.utf8.count), item.name != Self.none else {
      throw invalid(path, "has a name that is not 1 to 64 letters, digits, - and _, or is `none`")
    }
    guard !entries.contains(where: { $0.name == item.name }) else {
      throw invalid(path, "lists `\(item.name)` twice")
    }
    guard !item.file.isEmpty, !item.file.utf8.contains(0) else {
      throw invalid(path, "names no file for `\(item.name)`")
    }
    let range = RenderLimits.commandLine.loraStrength
    guard range.contains(item.defaultStrength ?? defaultStrength) else {
      throw invalid(path, "gives `\(item.name)` a default strength outside \(range)")
    }
  }

  private static func invalid(_ path: String, _ problem: String) -> RenderError {
    RenderError(.invalidRegistry, field: "lora", "\(path) \(problem)")
  }
}
