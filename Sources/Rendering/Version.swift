internal import CVersion

/// This program's version.
public enum Version {
  /// The version that images carry and `iris --version` prints.
  public static let current = "0.1.0"

  /// The commit that was built, with `-dirty` behind it where files had changed since; `unknown`
  /// where the sources were built without their history.
  public static var commit: String { unsafe String(cString: cversion_commit()) }
}
