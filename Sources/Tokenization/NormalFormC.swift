import Foundation

/// Unicode normal form C as the reference's normalizer has it (spec §2.2, step 2).
///
/// Foundation composes most of it. Two kinds of character are kept from it and interact with nothing
/// that it composes: Hangul, where it gets final consonants wrong, and what is newer than the reference.
struct NormalFormC {
  /// The reference (tokenizers 0.23) normalises by the tables of Unicode 9.
  ///
  /// Whatever is newer is left where it stands. Found by comparing every combining mark.
  private static let referenceUnicodeMajor = 9

  private var result = String.UnicodeScalarView()
  /// Characters waiting for Foundation.
  private var pending = String.UnicodeScalarView()

  static func normalize(_ text: String) -> String {
    // Below U+0300 everything is in normal form C, which spares ordinary prompts the detour.
    guard text.unicodeScalars.contains(where: { $0.value >= 0x300 }) else { return text }
    var form = NormalFormC()
    for scalar in text.unicodeScalars { form.append(scalar) }
    form.composePending()
    return String(form.result)
  }

  private mutating func append(_ scalar: Unicode.Scalar) {
    if Hangul.contains(scalar) {
      composePending()
      if let last = result.last, let syllable = Hangul.compose(last, scalar) {
        result.removeLast()
        result.append(syllable)
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
    guard !pending.isEmpty else { return }
    result.append(contentsOf: String(pending).precomposedStringWithCanonicalMapping.unicodeScalars)
    pending = String.UnicodeScalarView()
  }

  private static func isNewerThanReference(_ scalar: Unicode.Scalar) -> Bool {
    guard scalar.value >= 0x300, let age = scalar.properties.age else { return false }
    return age.major > referenceUnicodeMajor
  }
}
