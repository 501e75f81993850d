/// Prometheus' text format, version 0.0.4.
struct MetricsText {
  /// What a number is.
  enum Kind: String {
    /// It only grows.
    case counter
    /// It comes and goes.
    case gauge
    /// Counts of what was up to so much.
    case histogram
  }

  private var lines: [String] = []

  /// The whole text.
  var text: String { lines.joined(separator: "\n") + "\n" }

  /// Adds a metric with lines that are samples.
  mutating func add(_ name: String, _ kind: Kind, _ help: String, lines samples: [String]) {
    lines += ["# HELP \(name) \(help)", "# TYPE \(name) \(kind.rawValue)"] + samples
  }

  /// Adds a metric with one number; without one, there is no sample.
  mutating func add(
    _ name: String, _ kind: Kind, _ help: String, _ value: (any Numeric)?
  ) {
    add(name, kind, help, lines: value.map { ["\(name) \($0)"] } ?? [])
  }

  /// Adds a metric with a number for each set of labels, in a fixed order.
  mutating func add(
    _ name: String, _ kind: Kind, _ help: String,
    _ samples: [(labels: KeyValuePairs<String, String>, value: any Numeric)]
  ) {
    let lines = samples.map { labels, value in
      let pairs = labels.map { "\($0)=\"\(Self.escaped($1))\"" }
      return "\(name){\(pairs.joined(separator: ","))} \(value)"
    }
    add(name, kind, help, lines: lines.sorted())
  }

  private static func escaped(_ text: String) -> String {
    let bytes = text.utf8.flatMap { byte -> [UInt8] in
      switch byte {
      case UInt8(ascii: "\\"), UInt8(ascii: "\""): [UInt8(ascii: "\\"), byte]
      case UInt8(ascii: "\n"): Array(#"\n"#.utf8)
      default: [byte]
      }
    }
    return String(decoding: bytes, as: UTF8.self)
  }
}
