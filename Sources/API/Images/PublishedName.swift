import Hashing
import Imaging
import Text

/// The name of a stored image: the time at which its URL expires, 128 random bits, and the ending of its
/// format, as in `1764450000-00112233445566778899aabbccddeeff.webp`.
struct PublishedName: Sendable, Equatable, CustomStringConvertible {
  private static let digitCount = 32
  private static let temporaryEnding: ByteString = ".part"

  /// Seconds since 1970.
  let expiry: Int
  let format: OutputFormat
  private let digits: String

  /// Makes a name that nobody can guess.
  init(expiry: Int, format: OutputFormat) {
    self.expiry = expiry
    self.format = format
    digits = RandomSecret(byteCount: Self.digitCount / 2).hexadecimal
  }

  /// Reads a name; nil for any other text.
  init?(_ text: ByteString) {
    guard let (stem, ending) = text.split(atFirst: "."),
      let format = OutputFormat.allCases.first(where: { ending.equals($0.endings[0]) }),
      let (time, random) = stem.split(atFirst: "-"), let seconds = time.decimal,
      random.count == Self.digitCount,
      random.allSatisfy({ (0x30...0x39).contains($0) || (0x61...0x66).contains($0) }),
      let digits = random.string(limit: Self.digitCount)
    else { return nil }
    self.expiry = seconds
    self.format = format
    self.digits = digits
    // One name has one spelling.
    guard text.equals(description) else { return nil }
  }

  /// Reads the name under which a file is written before it gets its own; nil for any other text.
  init?(temporary text: ByteString) {
    guard text.first == UInt8(ascii: "."), text.ends(with: Self.temporaryEnding) else { return nil }
    self.init(text.dropFirst().dropLast(Self.temporaryEnding.count))
  }

  /// The name.
  var description: String { "\(expiry)-\(digits).\(format.endings[0])" }

  /// The name while the file is written.
  var temporary: String { ".\(self)\(Self.temporaryEnding)" }
}
