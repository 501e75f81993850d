internal import Glibc
internal import Hashing

/// The secret under which tokens are hashed: 32 random bytes in a file that only its owner reads.
struct Pepper: Sendable {
  static let fileName = "pepper"
  private static let byteCount = 32

  private let bytes: [UInt8]

  /// Reads the pepper of a data directory; nil where there is none.
  static func read(in directory: DataDirectory) throws(AccountsError) -> Pepper? {
    guard let file = try directory.open(fileName, O_RDONLY) else { return nil }
    defer { close(file) }
    let path = directory.path(of: fileName)
    let status = try directory.status(of: file, fileName)
    guard status.st_mode & 0o077 == 0 else {
      throw DataDirectory.unavailable(
        "\(path) may be read by others: run `chmod 600 '\(path)'`, and if someone else could have "
          + "read it, make new keys")
    }
    guard status.st_size == byteCount else {
      throw DataDirectory.unavailable(
        "\(path) has \(status.st_size) bytes instead of \(byteCount): restore it from a backup, "
          + "without it no existing key can be recognised")
    }
    let bytes = unsafe [UInt8](unsafeUninitializedCapacity: byteCount) { buffer, count in
      count = max(0, unsafe Glibc.read(file, buffer.baseAddress, byteCount))
    }
    guard bytes.count == byteCount else { throw DataDirectory.unavailable("cannot read \(path)") }
    return Pepper(bytes: bytes)
  }

  /// Draws a new pepper and writes it, while the directory is locked.
  static func create(in directory: DataDirectory) throws(AccountsError) -> Pepper {
    var generator = SystemRandomNumberGenerator()
    let bytes = (0..<byteCount).map { _ in UInt8.random(in: .min ... .max, using: &generator) }
    try directory.write(bytes, to: fileName)
    return Pepper(bytes: bytes)
  }

  /// What is stored of a token.
  func hash(_ token: Token) -> [UInt8] { HMAC.sha256(token.text.utf8, key: bytes).bytes }

  /// What is stored beside the keys to tell this pepper from any other; no token has this form.
  var fingerprint: [UInt8] { HMAC.sha256("fingerprint of the pepper".utf8, key: bytes).bytes }
}
