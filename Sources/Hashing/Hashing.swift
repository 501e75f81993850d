import CCrypto

/// An incremental SHA-256 hash, computed by OpenSSL's libcrypto.
///
/// Only this file and `HMAC.swift` use libcrypto's API. Its calls fail only if memory is exhausted
/// or an `openssl.cnf` disables SHA-256, never because of the input, so success is a precondition.
///
/// Invariant: `context` is valid from `init` to `deinit` and never leaves.
/// - Note: NIST FIPS 180-4, *Secure Hash Standard*, §6.2.
@safe public struct SHA256: ~Copyable {
  private let context: OpaquePointer

  /// Creates the hash state of an empty message.
  public init() {
    let created = unsafe EVP_MD_CTX_new()
    guard let created = unsafe created, unsafe EVP_DigestInit_ex(created, EVP_sha256(), nil) == 1
    else { preconditionFailure("libcrypto refuses to begin a SHA-256 hash") }
    unsafe context = created
  }

  deinit { unsafe EVP_MD_CTX_free(context) }

  /// Returns the hash of `bytes`.
  public static func hash(_ bytes: some Collection<UInt8>) -> SHA256Digest {
    var hash = SHA256()
    hash.update(bytes)
    return hash.finalize()
  }

  /// Appends bytes to the message.
  public mutating func update(_ bytes: some Collection<UInt8>) {
    // The pointer does not escape the closure.
    let status = unsafe withContiguousBytes(bytes) {
      unsafe EVP_DigestUpdate(context, $0.baseAddress, $0.count)
    }
    precondition(status == 1, "libcrypto refuses to go on with a SHA-256 hash")
  }

  /// Returns the hash of all appended bytes.
  public consuming func finalize() -> SHA256Digest {
    unsafe SHA256Digest { unsafe EVP_DigestFinal_ex(context, $0, nil) == 1 }
  }
}

/// The 32 bytes of a SHA-256 hash.
public struct SHA256Digest: Sendable, Hashable {
  static let byteCount = 32

  /// The bytes.
  public let bytes: [UInt8]

  /// Fills the digest through libcrypto.
  init(_ write: (UnsafeMutablePointer<UInt8>) -> Bool) {
    unsafe bytes = [UInt8](unsafeUninitializedCapacity: Self.byteCount) { buffer, count in
      guard let target = buffer.baseAddress, unsafe write(target) else {
        preconditionFailure("libcrypto refuses to finish a SHA-256 hash")
      }
      count = Self.byteCount
    }
  }

  /// The digest in lower-case hexadecimal, 64 digits.
  public var hexadecimal: String { bytes.hexadecimal }
}

/// Compares bytes in a time that does not depend on where they differ.
public func isEqualInConstantTime(
  _ left: some Collection<UInt8>, _ right: some Collection<UInt8>
) -> Bool {
  left.count == right.count && zip(left, right).reduce(0 as UInt8) { $0 | ($1.0 ^ $1.1) } == 0
}

/// Calls `body` with a contiguous buffer of the bytes; copies them if they are not contiguous.
func withContiguousBytes<Result>(
  _ bytes: some Collection<UInt8>, _ body: (UnsafeBufferPointer<UInt8>) -> Result
) -> Result {
  unsafe bytes.withContiguousStorageIfAvailable(body) ?? Array(bytes).withUnsafeBufferPointer(body)
}

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
