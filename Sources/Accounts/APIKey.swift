public import FoundationEssentials

/// What the store knows of a key: everything but the secret.
public struct APIKey: Sendable, Equatable {
  /// Stable name of the key, safe to log: `key_…`.
  public let id: String
  /// What the operator called it.
  public let name: String
  /// Whether requests are charged.
  public let mode: Token.Mode
  /// The token's first characters, to recognise it by.
  public let prefix: String
  /// When it was created.
  public let created: Date
  /// When it was revoked; `nil` while it is valid.
  public let revoked: Date?
}

/// The secret a client sends: `esk_live_…` or `esk_test_…`, 32 random bytes and a checksum.
///
/// The checksum lets a mistyped or invented token be refused without a look-up (RELIABILITY: cheap
/// reject); it protects nothing. Only a keyed hash of the token is ever stored.
public struct Token: Sendable, Equatable {
  /// Whether requests are charged.
  public enum Mode: String, Sendable, CaseIterable {
    /// Requests count and cost.
    case live
    /// Same endpoints and limits, accounted separately, no money taken.
    case test
  }

  /// Digits of 32 bytes written in base 62.
  private static let secretLength = 43
  /// Digits of a 32-bit checksum written in base 62.
  private static let checksumLength = 6
  private static let digits = Array(
    "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz".utf8)

  /// Whether requests are charged.
  public let mode: Mode
  /// The whole token: shown once, never stored, never logged.
  public let text: String

  /// Draws a new token.
  public init(mode: Mode, using generator: inout some RandomNumberGenerator) {
    let secret = (0..<32).map { _ in UInt8.random(in: .min ... .max, using: &generator) }
    let body = "esk_\(mode.rawValue)_" + Self.base62(secret, length: Self.secretLength)
    self.mode = mode
    text = body + Self.checksum(of: body)
  }

  /// Reads a token that a client sent; `nil` unless its form and checksum are right.
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

  /// The part that is safe to show in lists: `esk_live_` and the first four digits.
  public var prefix: String { String(text.prefix("esk_live_".count + 4)) }

  private static func checksum(of body: String) -> String {
    let value = crc32(body.utf8)
    return base62(
      [24, 16, 8, 0].map { UInt8(truncatingIfNeeded: value >> $0) }, length: checksumLength)
  }

  /// Writes a big-endian number in base 62, padded with zeros to a fixed length.
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

  /// The checksum of ISO 3309, reflected polynomial 0xEDB88320.
  private static func crc32(_ bytes: some Sequence<UInt8>) -> UInt32 {
    ~bytes.reduce(0xFFFF_FFFF as UInt32) { crc, byte in
      (0..<8).reduce(crc ^ UInt32(byte)) { value, _ in
        value & 1 == 1 ? value >> 1 ^ 0xEDB8_8320 : value >> 1
      }
    }
  }
}

/// What knows keys: the store, or what stands in for it in a test.
///
/// Calls may wait for a disk, so they belong on a thread that nobody else waits for.
public protocol KeyAuthenticating: Sendable {
  /// Finds the valid key that a token belongs to.
  /// - Throws: `unauthenticated` for an unknown or revoked token, `storeUnavailable`.
  func authenticate(_ token: Token) throws(AccountsError) -> APIKey

  /// Throws what keeps keys from being checked.
  func checkAvailability() throws(AccountsError)
}
