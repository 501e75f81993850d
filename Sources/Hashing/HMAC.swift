import CCrypto

/// Keyed hashing with SHA-256, computed by OpenSSL's libcrypto.
/// - Note: Krawczyk, Bellare & Canetti, RFC 2104.
public enum HMAC {
  /// Returns the authentication code of a message.
  /// - Parameters:
  ///   - message: The bytes to authenticate.
  ///   - key: The secret, of any length.
  public static func sha256(_ message: some Collection<UInt8>, key: [UInt8]) -> SHA256Digest {
    // The pointers do not escape the closures.
    unsafe withContiguousBytes(message) { message in
      unsafe key.withUnsafeBufferPointer { key in
        unsafe SHA256Digest { target in
          unsafe CCrypto.HMAC(
            EVP_sha256(), key.baseAddress, CInt(key.count), message.baseAddress, message.count,
            target, nil) != nil
        }
      }
    }
  }
}
