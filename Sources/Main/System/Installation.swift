import Foundation

/// The paths of the program's own files: `models/`, `loras/` and `goldens/`.
struct Installation {
  /// The directory that holds them.
  let root: String

  /// Takes `IRIS_HOME`, else the nearest directory above the executable that contains `models` or
  /// `loras`, else the current directory.
  init() {
    if let home = ProcessInfo.processInfo.environment["IRIS_HOME"], !home.isEmpty {
      root = home
    } else {
      root = Self.rootAboveExecutable ?? "."
    }
  }

  /// The model that is used when none is named.
  var defaultModel: String { root + "/models/iris-tiny" }
  /// The directory of the LoRA registry.
  var loras: String { root + "/loras" }
  /// The directory of the goldens.
  var goldens: String { root + "/goldens" }

  /// The directory of what can be made again, by the XDG Base Directory Specification; nil without a home.
  static var cache: String? { cache(ProcessInfo.processInfo.environment) }

  /// The directory of what can be made again, in an environment.
  static func cache(_ environment: [String: String]) -> String? {
    if let base = environment["XDG_CACHE_HOME"], base.hasPrefix("/") { return base + "/iris" }
    return environment["HOME"].map { $0 + "/.cache/iris" }
  }

  private static var rootAboveExecutable: String? {
    let executable = URL(filePath: "/proc/self/exe").resolvingSymlinksInPath()
    var directory = executable.deletingLastPathComponent()
    while directory.path != "/", !directory.path.isEmpty {
      for name in ["models", "loras"]
      where FileManager.default.fileExists(atPath: directory.appending(path: name).path) {
        return directory.path
      }
      directory.deleteLastPathComponent()
    }
    return nil
  }
}
