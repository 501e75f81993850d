import Flux2
import Foundation
import Rendering
import Text

/// The folder in which the command line keeps embedded prompts of large models.
enum PromptFolder {
  /// Megabytes unless another number is given: 32 prompts of klein-4B, of 16 MB each.
  static let defaultMegabytes = 512
  private static let megabytes = 0...1_000_000
  private static let variable = "IRIS_PROMPT_CACHE"

  /// The folder by `--prompt-cache`, else the variable, else the default; nil for 0 megabytes.
  static func store(_ invocation: Invocation) throws(UsageError) -> PromptStore? {
    let environment = ProcessInfo.processInfo.environment
    var count = try invocation.integer(.promptCache, in: megabytes)
    if count == nil, let text = environment[variable], !text.isEmpty {
      guard let number = Int(text), megabytes.contains(number) else {
        throw UsageError(
          "\(variable) is `\(ByteString(text))`; it must be a whole number from "
            + RequestParameter.text(megabytes))
      }
      count = number
    }
    let size = count ?? defaultMegabytes
    guard size > 0 else { return nil }
    return PromptStore(
      directory: directory(environment), byteLimit: size * 1_000_000, version: version)
  }

  /// The folder inside the cache.
  static func directory(_ environment: [String: String]) -> String {
    (Installation.cache(environment) ?? NSHomeDirectory() + "/.cache/iris") + "/prompts"
  }

  /// The program's commit and its file: builds of changed sources have the commit of unchanged ones.
  private static var version: String {
    let file = try? FileManager.default.attributesOfItem(
      atPath: URL(filePath: "/proc/self/exe").resolvingSymlinksInPath().path)
    let date = (file?[.modificationDate] as? Date)?.timeIntervalSince1970 ?? 0
    return "\(Version.commit) \(file?[.size] as? Int ?? 0) \(date)"
  }
}
