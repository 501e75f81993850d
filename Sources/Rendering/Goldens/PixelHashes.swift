import Hashing
package import Imaging
import JSON
import Text

/// The approved SHA-256 hashes of a golden's decoded pixels, by instruction set.
///
/// An instruction set may have several, because compilers contract and reorder sums differently.
/// ```json
/// {"avx2": ["9f86…"], "avx512": ["60303a…", "fd61a0…"]}
/// ```
public struct PixelHashes: Sendable, Equatable {
  private var hashes: [String: [String]] = [:]

  /// Creates an empty set.
  public init() {}

  /// True if no hash is approved.
  public var isEmpty: Bool { hashes.isEmpty }

  /// The approved hashes of an instruction set, in order of approval.
  public subscript(instructionSet: String) -> [String] { hashes[instructionSet] ?? [] }

  /// Approves a hash, if it is not approved already.
  mutating func approve(_ hash: String, on instructionSet: String) {
    guard !self[instructionSet].contains(hash) else { return }
    hashes[instructionSet, default: []].append(hash)
  }

  /// Returns the SHA-256 of an image's interleaved 8-bit RGB values, row by row, in hexadecimal.
  package static func hash(of raster: Raster) -> String { SHA256.hash(raster.pixels).hexadecimal }
}

/// The representation in the manifest.
extension PixelHashes {
  private static let hashLength = 64
  private static let nameLimit = 32

  /// Parses the object strictly.
  init(_ stored: JSONValue, fault: (_ problem: String) -> RenderError) throws(RenderError) {
    guard case .object(let object) = stored else { throw fault("`pixel_hashes` is not an object") }
    for member in object.members {
      guard let name = member.name.string(limit: Self.nameLimit), !name.isEmpty,
        case .array(let values) = member.value
      else {
        throw fault("`pixel_hashes` does not map instruction sets to lists of hashes")
      }
      for value in values {
        guard case .string(let bytes) = value, let hash = bytes.string(limit: Self.hashLength),
          Self.isHash(hash)
        else {
          throw fault("`pixel_hashes` of \(name) holds something else than SHA-256 hashes")
        }
        approve(hash, on: name)
      }
    }
  }

  private static func isHash(_ text: String) -> Bool {
    text.utf8.count == hashLength
      && text.utf8.allSatisfy { (0x30...0x39).contains($0) || (0x61...0x66).contains($0) }
  }

  /// The object, instruction sets in alphabetical order.
  var json: JSONValue {
    .object(
      hashes.sorted { $0.key < $1.key }.map { ($0, .array($1.map { .string($0) })) })
  }
}
