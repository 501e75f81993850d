/// Formats values for people to read.
package enum TextFormat {
  /// A duration: `0.8 s`, `12.3 s`, `4 min 05 s`; `?` for what is no duration.
  package static func duration(_ seconds: Double) -> String {
    guard seconds.isFinite, seconds >= 0, seconds < 1e6 else { return "?" }
    if seconds < 99.95 { return "\(tenths(seconds)) s" }
    let whole = Int(seconds.rounded())
    return "\(whole / 60) min \(whole % 60 < 10 ? "0" : "")\(whole % 60) s"
  }

  /// An amount of memory: `812 B`, `4.2 MB`, `15.6 GB`; a kilobyte has 1,000 bytes.
  package static func byteCount(_ count: Int) -> String {
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

  /// Text from files and arguments, safe to show on a terminal as one line.
  ///
  /// Line breaks, control and invisible formatting characters are written as escapes: none of them moves
  /// the cursor, hides text or starts a new line.
  package static func singleLine(_ text: String) -> String {
    var result = ""
    for scalar in text.unicodeScalars {
      switch scalar {
      case "\n": result += "\\n"
      case "\t": result += "\\t"
      case "\r": result += "\\r"
      // Joins the parts of emoji, and is harmless.
      case "\u{200D}": result.unicodeScalars.append(scalar)
      default:
        switch scalar.properties.generalCategory {
        case .control, .format, .lineSeparator, .paragraphSeparator, .surrogate:
          result += "\\u{" + String(scalar.value, radix: 16) + "}"
        default: result.unicodeScalars.append(scalar)
        }
      }
    }
    return result
  }
}
