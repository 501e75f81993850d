internal import FoundationEssentials
internal import Glibc

/// The secret under which tokens are hashed: 32 random bytes in a file that only its owner reads.
enum Pepper {
  private static let byteCount = 32

  /// Reads the pepper of a data directory, creating both on first use.
  static func load(directory: String) throws(AccountsError) -> [UInt8] {
    let file = directory + "/pepper"
    do {
      try FileManager.default.createDirectory(
        atPath: directory, withIntermediateDirectories: true,
        attributes: [.posixPermissions: 0o700])
    } catch {
      throw AccountsError(.storeUnavailable, "cannot create the data directory \(directory)")
    }
    if let bytes = try read(file) { return bytes }
    try create(file)
    guard let bytes = try read(file) else {
      throw AccountsError(.storeUnavailable, "cannot read \(file)")
    }
    return bytes
  }

  private static func read(_ file: String) throws(AccountsError) -> [UInt8]? {
    guard let data = FileManager.default.contents(atPath: file) else { return nil }
    guard data.count == byteCount else {
      throw AccountsError(
        .storeUnavailable,
        "\(file) has \(data.count) bytes instead of \(byteCount): restore it from a backup, "
          + "without it no existing key can be recognised")
    }
    return [UInt8](data)
  }

  /// Writes a new pepper under a temporary name and links it into place, so that of two processes that
  /// start at once one pepper wins and both then read it.
  private static func create(_ file: String) throws(AccountsError) {
    var generator = SystemRandomNumberGenerator()
    let bytes = (0..<byteCount).map { _ in UInt8.random(in: .min ... .max, using: &generator) }
    let temporary = "\(file).\(getpid())"
    let descriptor = unsafe open(temporary, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o600)
    guard descriptor >= 0 else {
      throw AccountsError(.storeUnavailable, "cannot write \(temporary)")
    }
    let written = unsafe write(descriptor, bytes, bytes.count)
    let durable = written == bytes.count && fsync(descriptor) == 0
    close(descriptor)
    let linked = durable && (unsafe link(temporary, file) == 0 || errno == EEXIST)
    unsafe unlink(temporary)
    guard linked else { throw AccountsError(.storeUnavailable, "cannot write \(file)") }
  }
}
