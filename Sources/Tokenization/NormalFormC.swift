/// Unicode normal form C as the reference's normalizer has it (spec §2.2, step 2).
///
/// Two kinds of character are kept from the composition of the rest and interact with nothing in it:
/// Hangul, which composes by arithmetic, and what is newer than the reference.
struct NormalFormC {
  /// The reference (tokenizers 0.23) normalises by the tables of Unicode 9.
  ///
  /// Whatever is newer is left where it stands. Found by comparing every combining mark.
  private static let referenceUnicodeMajor = 9

  private var result: [Unicode.Scalar] = []
  /// Characters waiting to be composed together.
  private var pending: [Unicode.Scalar] = []

  static func normalize(_ text: String) -> String {
    // Below U+0300 everything is in normal form C, which spares ordinary prompts the detour.
    guard text.unicodeScalars.contains(where: { $0.value >= 0x300 }) else { return text }
    var form = NormalFormC()
    for scalar in text.unicodeScalars { form.append(scalar) }
    form.composePending()
    var normal = String.UnicodeScalarView()
    normal.append(contentsOf: form.result)
    return String(normal)
  }

  private mutating func append(_ scalar: Unicode.Scalar) {
    if Hangul.contains(scalar) {
      composePending()
      if let last = result.last, let syllable = Hangul.compose(last, scalar) {
        result[result.count - 1] = syllable
      } else {
        result.append(scalar)
      }
    } else if Self.isNewerThanReference(scalar) {
      composePending()
      result.append(scalar)
    } else {
      pending.append(scalar)
    }
  }

  private mutating func composePending() {
    result += CanonicalComposition.compose(pending)
    pending.removeAll(keepingCapacity: true)
  }

  private static func isNewerThanReference(_ scalar: Unicode.Scalar) -> Bool {
    guard scalar.value >= 0x300, let age = scalar.properties.age else { return false }
    return age.major > referenceUnicodeMajor
  }
}
