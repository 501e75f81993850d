/// Bytes of the system's generator, which nobody can guess.
public struct RandomSecret: Sendable {
  /// The bytes.
  public let bytes: [UInt8]

  /// Draws bytes: 32, as many as a key of HMAC-SHA-256 has use for, or as many as are asked for.
  public init(byteCount: Int = 32) {
    var generator = SystemRandomNumberGenerator()
    bytes = (0..<byteCount).map { _ in UInt8.random(in: .min ... .max, using: &generator) }
  }

  /// The bytes in lower-case hexadecimal.
  public var hexadecimal: String { bytes.hexadecimal }
}

extension [UInt8] {
  /// The bytes in lower-case hexadecimal, two digits each.
  var hexadecimal: String {
    map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
  }
}
