/// Keyed hashing with SHA-256.
/// - Note: Krawczyk, Bellare & Canetti, RFC 2104.
public enum HMAC {
  private static let blockSize = 64

  /// The authentication code of a message.
  /// - Parameters:
  ///   - message: What is authenticated.
  ///   - key: The secret, of any length.
  /// - Returns: 32 bytes.
  public static func sha256(_ message: some Collection<UInt8>, key: [UInt8]) -> [UInt8] {
    var block = key.count > blockSize ? digest(key) : key
    block += [UInt8](repeating: 0, count: blockSize - block.count)
    let inner = digest(block.map { $0 ^ 0x36 } + message)
    return digest(block.map { $0 ^ 0x5C } + inner)
  }

  private static func digest(_ bytes: [UInt8]) -> [UInt8] {
    var hash = SHA256()
    hash.update(bytes)
    return hash.digest()
  }
}
