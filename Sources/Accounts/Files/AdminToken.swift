import Glibc
import Hashing

/// The secret that lets operators administer a store over HTTP; kept as its hash.
///
/// It has nothing to do with API keys: none of them opens the administration, and it does not render.
public struct AdminToken: Sendable {
  /// The file with the token in the data directory, readable only by its owner.
  public static let fileName = "admin-token"
  /// The bounds of a token's length in bytes; the program's own have 75.
  public static let byteCounts = 32...512
  private static let prefix = "iris_admin_"

  private let digest: SHA256Digest

  /// Takes a token that the operator chose; nil if it is too short to be safe, or too long.
  public init?(_ text: [UInt8]) {
    let token = Self.trimmed(text)
    guard Self.byteCounts.contains(token.count), token.allSatisfy({ (0x21...0x7E).contains($0) })
    else { return nil }
    digest = SHA256.hash(token)
  }

  /// Reads the token of a data directory, or makes one.
  /// - Throws: `storeUnavailable`, also if the file may be read by others.
  public init(directory path: String) throws(AccountsError) {
    let directory = try DataDirectory(path)
    try directory.lock()
    defer { directory.unlock() }
    if try !directory.isPrivate(Self.fileName) {
      let text = Self.prefix + RandomSecret().hexadecimal
      try directory.write(Array("\(text)\n".utf8), to: Self.fileName)
    }
    guard let token = try directory.read(Self.fileName).flatMap(AdminToken.init) else {
      throw DataDirectory.unavailable(
        "\(directory.path(of: Self.fileName)) holds no token of \(Self.byteCounts.lowerBound) to "
          + "\(Self.byteCounts.upperBound) printable characters: delete it, and a new one is made")
    }
    self = token
  }

  /// Returns whether a text is the token; the time that takes does not depend on where they differ.
  public func matches(_ text: [UInt8]) -> Bool {
    isEqualInConstantTime(digest.bytes, SHA256.hash(text).bytes)
  }

  /// Without the line break at the end of a file.
  private static func trimmed(_ text: [UInt8]) -> ArraySlice<UInt8> {
    var text = text[...]
    while let last = text.last, last == 0x0A || last == 0x0D { text.removeLast() }
    return text
  }
}

extension DataDirectory {
  /// Returns whether a file is there; throws if others than its owner may read it.
  fileprivate func isPrivate(_ name: String) throws(AccountsError) -> Bool {
    guard let file = try open(name, O_RDONLY) else { return false }
    defer { close(file) }
    guard try status(of: file, name).st_mode & 0o077 == 0 else {
      throw Self.unavailable(
        "\(path(of: name)) may be read by others: delete it, and a new one is made")
    }
    return true
  }
}
