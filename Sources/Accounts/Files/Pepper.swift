import Glibc
import Hashing

/// The secret key for hashing tokens: 32 random bytes in a file readable only by its owner.
struct Pepper: Sendable {
  static let fileName = "pepper"
  private static let byteCount = 32

  private let bytes: [UInt8]

  /// Reads the pepper of a store, or creates it for a store without keys.
  ///
  /// With a new pepper, existing keys could not be recognised.
  static func open(
    for database: any Database, in directory: DataDirectory
  ) throws(AccountsError) -> Pepper {
    let path = directory.path(of: fileName)
    let found = try read(in: directory)
    let hasKeys = try Schema.hasKeys(database)
    guard found != nil || !hasKeys else {
      throw AccountsError(
        .storeUnavailable,
        "\(path) is missing, though there are keys: restore it from a backup, without it no "
          + "existing key can be recognised")
    }
    let pepper = if let found { found } else { try create(in: directory) }
    let known = try database.property("pepper")
    guard known == nil || known == pepper.fingerprint || !hasKeys else {
      throw AccountsError(
        .storeUnavailable,
        "\(path) is not the one under which the keys were stored: restore it from the backup that "
          + "\(StoreFiles.database) is of")
    }
    if known != pepper.fingerprint { try database.setProperty("pepper", pepper.fingerprint) }
    return pepper
  }

  /// Reads the pepper of a store that nodes with data directories of their own share; the first of them
  /// creates it.
  ///
  /// The caller must hold the store's exclusive lock.
  static func openShared(
    for database: any Database, in directory: DataDirectory
  ) throws(AccountsError) -> Pepper {
    let path = directory.path(of: fileName)
    let found = try read(in: directory)
    guard let known = try database.property("pepper") else {
      let pepper = if let found { found } else { try create(in: directory) }
      try database.setProperty("pepper", pepper.fingerprint)
      return pepper
    }
    guard let found else {
      throw AccountsError(
        .storeUnavailable,
        "\(path) is missing: copy the file `\(fileName)` from the data directory of a node of this "
          + "store, for its owner alone; without it no key of the store can be recognised")
    }
    guard found.fingerprint == known else {
      throw AccountsError(
        .storeUnavailable,
        "\(path) is not the one that the store's other nodes have: replace it by a copy of theirs; with "
          + "another no key of the store can be recognised")
    }
    return found
  }

  /// Reads the pepper of a data directory; returns nil if there is none.
  private static func read(in directory: DataDirectory) throws(AccountsError) -> Pepper? {
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

  /// Generates and writes a new pepper; the caller must hold the directory's lock.
  private static func create(in directory: DataDirectory) throws(AccountsError) -> Pepper {
    let bytes = RandomSecret(byteCount: byteCount).bytes
    try directory.write(bytes, to: fileName)
    return Pepper(bytes: bytes)
  }

  /// Returns the hash that is stored for a token.
  func hash(_ token: Token) -> [UInt8] { HMAC.sha256(token.text.utf8, key: bytes).bytes }

  /// Derives a secret for another purpose, whose name no token has the form of.
  func secret(for purpose: String) -> [UInt8] {
    HMAC.sha256("secret for \(purpose)".utf8, key: bytes).bytes
  }

  /// Identifies this pepper in the database, to detect a replaced pepper file.
  ///
  /// It cannot equal the
  /// hash of a token, because no token has the form of the hashed text.
  var fingerprint: [UInt8] { HMAC.sha256("fingerprint of the pepper".utf8, key: bytes).bytes }
}
