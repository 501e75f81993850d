import CVersion

/// This program's version.
public enum Version {
  /// The version in image metadata and in the output of `iris --version`.
  public static let current = "0.1.0"

  /// The commit of the build, with `-dirty` appended if files had changed since; `unknown` if it
  /// was built without the git history.
  public static var commit: String { unsafe String(cString: cversion_commit()) }
}
