import Foundation

/// Unicode normalisation form C as the reference's normalizer implements it (spec §2.2, step 2).
///
/// Two kinds of character are handled apart from the composition of the rest, with which they do
/// not interact: Hangul, which composes arithmetically, and characters newer than the reference's
/// tables.
struct NormalFormC {
  /// The reference (tokenizers 0.23) normalises with the tables of Unicode 9.
  ///
  /// Newer characters are left unchanged. Determined by comparing every combining mark.
  private static let referenceUnicodeMajor = 9

  private var result: [Unicode.Scalar] = []
  /// Characters to be composed together.
  private var pending: [Unicode.Scalar] = []

  static func normalize(_ text: String) -> String {
    // All text below U+0300 is in NFC already, so ordinary prompts take this fast path.
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

/// Decomposes, reorders and composes characters (The Unicode Standard, §3.11) in O(n log n) steps.
///
/// Foundation is used for single decompositions and compositions only. On whole texts it moves
/// marks one position at a time, so that 50,000 marks out of order take seconds, and it truncates a
/// run of U+0344.
enum CanonicalComposition {
  /// A character and its canonical combining class; starters have class 0.
  private struct Mark {
    let scalar: Unicode.Scalar
    let combiningClass: UInt8

    init(_ scalar: Unicode.Scalar) {
      self.scalar = scalar
      combiningClass = scalar.properties.canonicalCombiningClass.rawValue
    }
  }

  /// Returns the NFC of a text without Hangul.
  static func compose(_ text: [Unicode.Scalar]) -> [Unicode.Scalar] {
    var marks: [Mark] = []
    for scalar in text { marks += decomposition(of: scalar).map(Mark.init) }
    return composition(of: ordered(marks))
  }

  private static func decomposition(of scalar: Unicode.Scalar) -> [Unicode.Scalar] {
    // U+00C0 is the first character with a decomposition.
    guard scalar.value >= 0xC0 else { return [scalar] }
    return Array(String(scalar).decomposedStringWithCanonicalMapping.unicodeScalars)
  }

  /// Sorts the marks between starters by combining class; the sort is stable.
  private static func ordered(_ marks: [Mark]) -> [Mark] {
    var ordered = marks
    var start = 0
    while start < ordered.count {
      let end = ordered[start...].firstIndex { $0.combiningClass == 0 } ?? ordered.count
      if end - start > 1 {
        let run = ordered[start..<end].enumerated().sorted {
          ($0.element.combiningClass, $0.offset) < ($1.element.combiningClass, $1.offset)
        }
        ordered.replaceSubrange(start..<end, with: run.map(\.element))
      }
      start = end + 1
    }
    return ordered
  }

  /// Composes each mark with the last starter, unless a mark of an equal or higher class between
  /// them blocks it.
  private static func composition(of marks: [Mark]) -> [Unicode.Scalar] {
    var result: [Unicode.Scalar] = []
    var starter: Int?
    var lastClass: UInt8 = 0
    for mark in marks {
      if let starter, starter == result.count - 1 || lastClass < mark.combiningClass,
        let composite = composite(result[starter], mark.scalar)
      {
        result[starter] = composite
        continue
      }
      if mark.combiningClass == 0 { starter = result.count }
      lastClass = mark.combiningClass
      result.append(mark.scalar)
    }
    return result
  }

  /// Returns the composite of two characters, or nil if they do not compose.
  private static func composite(
    _ first: Unicode.Scalar, _ second: Unicode.Scalar
  ) -> Unicode.Scalar? {
    // No character below U+0300 composes with the one before it.
    guard second.value >= 0x300 else { return nil }
    // The only composite that Foundation does not find.
    if first == "\u{CCA}", second == "\u{CD5}" { return "\u{CCB}" }
    var pair = String.UnicodeScalarView()
    pair.append(first)
    pair.append(second)
    let composed = String(pair).precomposedStringWithCanonicalMapping.unicodeScalars
    return composed.dropFirst().isEmpty ? composed.first : nil
  }
}

/// Composition of Hangul syllables from consonants and vowels (The Unicode Standard, §3.12).
enum Hangul {
  private static let leading: ClosedRange<UInt32> = 0x1100...0x1112
  private static let vowels: ClosedRange<UInt32> = 0x1161...0x1175
  private static let trailing: ClosedRange<UInt32> = 0x11A8...0x11C2
  private static let syllables: ClosedRange<UInt32> = 0xAC00...0xD7A3
  /// The number of trailing consonants, counting none as one.
  private static let trailingCount: UInt32 = 28

  /// Returns whether `scalar` is a Hangul syllable or jamo.
  static func contains(_ scalar: Unicode.Scalar) -> Bool {
    (0x1100...0x11FF).contains(scalar.value) || syllables.contains(scalar.value)
  }

  /// Returns the syllable of two adjacent characters, or nil if they do not compose.
  static func compose(_ first: Unicode.Scalar, _ second: Unicode.Scalar) -> Unicode.Scalar? {
    if leading.contains(first.value), vowels.contains(second.value) {
      let pair =
        (first.value - leading.lowerBound) * UInt32(vowels.count)
        + (second.value - vowels.lowerBound)
      return Unicode.Scalar(syllables.lowerBound + pair * trailingCount)
    }
    if syllables.contains(first.value), trailing.contains(second.value),
      (first.value - syllables.lowerBound).isMultiple(of: trailingCount)
    {
      return Unicode.Scalar(first.value + second.value - trailing.lowerBound + 1)
    }
    return nil
  }
}
