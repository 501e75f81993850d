import CCrypto

/// The library that hashes.
public enum HashingLibrary {
  /// Has libcrypto keep its state while the process ends, when other threads may be hashing still.
  ///
  /// By default it frees its locks in `exit`, and a thread that hashes then reads freed memory. Must come before
  /// anything is hashed.
  /// - Note: OpenSSL 3, `OPENSSL_init_crypto(3)`, `OPENSSL_INIT_NO_ATEXIT`.
  public static func keepThroughExit() {
    let status = OPENSSL_init_crypto(UInt64(OPENSSL_INIT_NO_ATEXIT), nil)
    precondition(status == 1, "libcrypto cannot be used")
  }
}
