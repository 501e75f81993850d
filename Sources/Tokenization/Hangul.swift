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
