import Foundation

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

/// Decomposes, orders and composes characters (The Unicode Standard, §3.11) in n log n steps.
///
/// Foundation knows what one character decomposes into and what two compose to. Of a whole text it moves
/// marks one place at a time, so that 50,000 in the wrong order take seconds, and a run of U+0344 it cuts
/// off.
enum CanonicalComposition {
  /// A character and its canonical combining class; 0 is that of starters.
  private struct Mark {
    let scalar: Unicode.Scalar
    let combiningClass: UInt8

    init(_ scalar: Unicode.Scalar) {
      self.scalar = scalar
      combiningClass = scalar.properties.canonicalCombiningClass.rawValue
    }
  }

  /// The normal form C of a text without Hangul.
  static func compose(_ text: [Unicode.Scalar]) -> [Unicode.Scalar] {
    var marks: [Mark] = []
    for scalar in text { marks += decomposition(of: scalar).map(Mark.init) }
    return composition(of: ordered(marks))
  }

  private static func decomposition(of scalar: Unicode.Scalar) -> [Unicode.Scalar] {
    // U+00C0 is the first that decomposes.
    guard scalar.value >= 0xC0 else { return [scalar] }
    return Array(String(scalar).decomposedStringWithCanonicalMapping.unicodeScalars)
  }

  /// Between starters marks are in the order of their classes, those of one class in that of the text.
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

  /// Joins each mark to the last starter, unless one between them, of its class or a greater, is in the way.
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

  /// The character that two make, if they make one.
  private static func composite(
    _ first: Unicode.Scalar, _ second: Unicode.Scalar
  ) -> Unicode.Scalar? {
    // Below U+0300 nothing joins what is before it.
    guard second.value >= 0x300 else { return nil }
    // The one composite that Foundation does not find.
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
  /// Syllables that differ in the trailing consonant alone: none, or one of 27.
  private static let trailingCount: UInt32 = 28

  /// Whether `scalar` is a syllable or lies in the block of their parts.
  static func contains(_ scalar: Unicode.Scalar) -> Bool {
    (0x1100...0x11FF).contains(scalar.value) || syllables.contains(scalar.value)
  }

  /// The syllable that two neighbouring characters make, if they make one.
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
