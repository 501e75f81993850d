import Flux2
import Foundation
import Rendering
import Text

/// The folder in which embedded prompts of large models are kept: by default of the command line, of a service
/// where it is set.
enum PromptFolder {
  /// Megabytes of the command line unless another number is given: 32 prompts of klein-4B, of 16 MB each.
  static let defaultMegabytes = 512

  /// The folder by `--prompt-cache`, else the variable, else the default; nil for 0 megabytes.
  static func store(_ invocation: Invocation) throws(UsageError) -> PromptStore? {
    let megabytes = Setting.promptCache.range ?? 0...0
    let variable = Setting.promptCache.variable
    var count = try invocation.integer(.promptCache, in: megabytes)
    if count == nil, let text = ProcessInfo.processInfo.environment[variable], !text.isEmpty {
      guard let number = Int(text), megabytes.contains(number) else {
        throw UsageError(
          "\(variable) is `\(ByteString(text))`; it must be a whole number from "
            + RequestParameter.text(megabytes))
      }
      count = number
    }
    return store(byteLimit: (count ?? defaultMegabytes) << 20)
  }

  /// The folder with a limit; nil for 0 bytes.
  static func store(byteLimit: Int) -> PromptStore? {
    guard byteLimit > 0 else { return nil }
    return PromptStore(
      directory: directory(ProcessInfo.processInfo.environment), byteLimit: byteLimit,
      version: version)
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
