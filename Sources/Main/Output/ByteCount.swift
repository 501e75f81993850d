/// Amounts of memory as people read them.
package enum ByteCount {
  /// `812 B`, `4.2 MB`, `15.6 GB`; a kilobyte has 1,000 bytes.
  package static func text(_ count: Int) -> String {
    var value = Double(count)
    for unit in ["B", "kB", "MB"] {
      if value < 999.5 { return unit == "B" ? "\(count) B" : "\(tenths(value)) \(unit)" }
      value /= 1000
    }
    return "\(tenths(value)) GB"
  }

  private static func tenths(_ value: Double) -> String {
    let tenths = Int((value * 10).rounded())
    return "\(tenths / 10).\(tenths % 10)"
  }
}
