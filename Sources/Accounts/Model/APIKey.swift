public import FoundationEssentials

/// The stored metadata of an API key, without its secret.
public struct APIKey: Sendable, Equatable {
  /// Stable identifier of the key, safe to log: `key_…`.
  public let id: String
  /// The operator's name for the key.
  public let name: String
  /// Live or test; requests with a live key are charged.
  public let mode: Token.Mode
  /// The first characters of the token, for recognising it in lists.
  public let prefix: String
  /// The creation time.
  public let created: Date
  /// The revocation time; `nil` while the key is valid.
  public let revoked: Date?
  /// The account that the key's requests are charged to.
  public let account: String
  /// The key's limits.
  public let limits: KeyLimits
  /// The time from which the key is refused; `nil` if it does not expire.
  public let expires: Date?
}

/// The secret a client sends: `esk_live_…` or `esk_test_…`, 32 random bytes and a checksum.
///
/// The checksum lets a mistyped or invented token be rejected without a database query; it adds no
/// security. Only a keyed hash of the token is stored.
public struct Token: Sendable, Equatable {
  /// The billing mode of a key.
  public enum Mode: String, Sendable, CaseIterable {
    /// Requests are counted and charged.
    case live
    /// Same endpoints and limits, accounted separately, not charged.
    case test
  }

  /// Number of base-62 digits that encode 32 bytes.
  private static let secretLength = 43
  /// Number of base-62 digits that encode a 32-bit checksum.
  private static let checksumLength = 6
  private static let digits = Array(
    "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz".utf8)

  /// Live or test; requests with a live key are charged.
  public let mode: Mode
  /// The whole token: shown once, never stored, never logged.
  public let text: String

  /// Generates a new token.
  public init(mode: Mode, using generator: inout some RandomNumberGenerator) {
    let secret = (0..<32).map { _ in UInt8.random(in: .min ... .max, using: &generator) }
    let body = "esk_\(mode.rawValue)_" + Self.base62(secret, length: Self.secretLength)
    self.mode = mode
    text = body + Self.checksum(of: body)
  }

  /// Parses a token sent by a client; returns `nil` if its form or checksum is wrong.
  public init?(_ text: String) {
    guard let mode = Mode.allCases.first(where: { text.hasPrefix("esk_\($0.rawValue)_") })
    else { return nil }
    let body = text.utf8.dropFirst("esk_\(mode.rawValue)_".utf8.count)
    guard body.count == Self.secretLength + Self.checksumLength,
      body.allSatisfy({ Self.digits.contains($0) }),
      text.hasSuffix(Self.checksum(of: String(text.dropLast(Self.checksumLength))))
    else { return nil }
    self.mode = mode
    self.text = text
  }

  /// The part that is safe to display: `esk_live_` and the first four digits.
  public var prefix: String { String(text.prefix("esk_live_".count + 4)) }

  private static func checksum(of body: String) -> String {
    let value = crc32(body.utf8)
    return base62(
      [24, 16, 8, 0].map { UInt8(truncatingIfNeeded: value >> $0) }, length: checksumLength)
  }

  /// Encodes a big-endian number in base 62, zero-padded to a fixed length.
  private static func base62(_ bytes: [UInt8], length: Int) -> String {
    var number = bytes
    var result: [UInt8] = []
    for _ in 0..<length {
      var remainder = 0
      for index in number.indices {
        let value = remainder << 8 | Int(number[index])
        number[index] = UInt8(truncatingIfNeeded: value / digits.count)
        remainder = value % digits.count
      }
      result.append(digits[remainder])
    }
    return String(decoding: result.reversed(), as: UTF8.self)
  }

  /// Returns the CRC-32 of ISO 3309, reflected polynomial 0xEDB88320.
  private static func crc32(_ bytes: some Sequence<UInt8>) -> UInt32 {
    ~bytes.reduce(0xFFFF_FFFF as UInt32) { crc, byte in
      (0..<8).reduce(crc ^ UInt32(byte)) { value, _ in
        value & 1 == 1 ? value >> 1 ^ 0xEDB8_8320 : value >> 1
      }
    }
  }
}

/// Authenticates API keys: the key store, or a substitute in tests.
///
/// Calls may block on disk I/O, so run them on a thread that may block.
public protocol KeyAuthenticating: Sendable {
  /// Returns the valid key that a token belongs to.
  /// - Throws: `unauthenticated` for an unknown or revoked token, `storeUnavailable`.
  func authenticate(_ token: Token) throws(AccountsError) -> APIKey

  /// Throws the reason if keys cannot be checked at present.
  func checkAvailability() throws(AccountsError)
}
