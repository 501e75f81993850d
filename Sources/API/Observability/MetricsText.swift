/// Writes metrics in Prometheus' text format, version 0.0.4.
struct MetricsText {
  /// The type of a metric.
  enum Kind: String {
    /// A number that only grows.
    case counter
    /// A number that rises and falls.
    case gauge
    /// Counts of values up to each of some bounds.
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

/// Counts values up to each of some bounds, as Prometheus does.
struct Histogram: Sendable {
  /// From a cached image of a small model to the render deadline, in seconds.
  static let seconds: [Double] = [
    0.01, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 120, 300, 600,
  ]

  private let bounds: [Double]
  private var counts: [Int]
  private(set) var sum = 0.0
  private(set) var count = 0

  init(bounds: [Double] = Histogram.seconds) {
    self.bounds = bounds
    counts = [Int](repeating: 0, count: bounds.count)
  }

  /// Adds a value.
  mutating func record(_ value: Double) {
    sum += value
    count += 1
    if let index = bounds.firstIndex(where: { value <= $0 }) { counts[index] += 1 }
  }

  /// The lines of the text format.
  func lines(_ name: String) -> [String] {
    var total = 0
    var lines: [String] = []
    for (bound, count) in zip(bounds, counts) {
      total += count
      lines.append("\(name)_bucket{le=\"\(bound)\"} \(total)")
    }
    return lines + [
      "\(name)_bucket{le=\"+Inf\"} \(count)", "\(name)_sum \(sum)", "\(name)_count \(count)",
    ]
  }
}
