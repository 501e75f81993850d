import Foundation

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
