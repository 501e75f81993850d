/// This program's version.
public enum Version {
  /// The version that pictures carry and `iris --version` prints.
  public static let current = "0.1.0"
}
