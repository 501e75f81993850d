import Rendering
import Text

/// Understanding option values; each error names the option and what it allows.
extension Invocation {
  /// A whole number within a range, or nil if the option is absent.
  func integer<Value: FixedWidthInteger & Sendable>(
    _ option: Option, in range: ClosedRange<Value>
  ) throws(UsageError) -> Value? {
    guard let text = value(option) else { return nil }
    guard let number = Value(text), range.contains(number) else {
      throw rejected(text, option, "a whole number from \(range.lowerBound) to \(range.upperBound)")
    }
    return number
  }

  /// A number within a range, or nil if the option is absent.
  func number(_ option: Option, in range: ClosedRange<Double>) throws(UsageError) -> Double? {
    guard let text = value(option) else { return nil }
    guard let number = Double(text), range.contains(number) else {
      throw rejected(
        text, option, "a number from \(short(range.lowerBound)) to \(short(range.upperBound))")
    }
    return number
  }

  /// A seed as it was written, or nil for -1.
  func seed(_ text: String, in range: ClosedRange<UInt64>) throws(UsageError) -> UInt64? {
    guard text != "-1" else { return nil }
    guard let seed = UInt64(text), range.contains(seed) else {
      throw rejected(
        text, .seed, "a whole number from \(range.lowerBound) to \(range.upperBound), or -1")
    }
    return seed
  }

  /// A size within a range of sides, or nil if the option is absent.
  func size(sides range: ClosedRange<Int>) throws(UsageError) -> PixelSize? {
    guard let text = value(.size) else { return nil }
    guard let size = PixelSize(text), range.contains(size.width), range.contains(size.height)
    else {
      let isSide = Int(text).map(range.contains) ?? false
      throw rejected(
        text, .size,
        "WIDTHxHEIGHT with sides from \(range.lowerBound) to \(range.upperBound), as in 768x512"
          + (isSide ? "; did you mean \(text)x\(text)?" : ""))
    }
    return size
  }

  private func rejected(_ text: String, _ option: Option, _ allowed: String) -> UsageError {
    UsageError("\(option.spelling) is `\(ByteString(text))`; it must be \(allowed)")
  }

  /// 20 rather than 20.0.
  private func short(_ bound: Double) -> String {
    Int(exactly: bound).map { "\($0)" } ?? "\(bound)"
  }
}
