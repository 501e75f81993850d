import HTTP
import JSONText
import Text

/// What a byte of a request's text costs to read: names and values, of JSON and of forms.
///
/// Each at one length and at ten times that: where the cost of a byte grows with the length, someone can
/// stop the service with a small request.
struct TextBenchmark {
  /// What is repeated.
  private static let units = [
    ("ASCII", "abcdefgh"), ("one mark", "\u{301}"),
    ("two marks in the wrong order", "\u{301}\u{323}"),
    ("escapes", #"\u0041"#), ("escaped marks", #"\u0301\u0323"#),
  ]
  private static let byteCounts = [100_000, 1_000_000]

  func run() {
    print(
      "nanoseconds for a byte, of \(Self.byteCounts.map { "\($0)" }.joined(separator: " and ")) bytes"
    )
    for (name, unit) in Self.units {
      measure("JSON name, \(name)", unit) { Self.read("{\"a\($0)\":1}") }
      measure("JSON value, \(name)", unit) { Self.read("{\"a\":\"\($0)\"}") }
    }
    for (name, unit) in Self.units.prefix(3) {
      measure("form value, \(name)", unit) { Self.readForm(name: "a", value: $0) }
    }
    for (name, unit) in Self.units.prefix(3) {
      // Longer heads of parts are refused.
      measure("form name, \(name)", unit, byteCounts: [300, 3000]) {
        Self.readForm(name: $0, value: "a")
      }
    }
    largestBody()
  }

  private func measure(
    _ name: String, _ unit: String, byteCounts: [Int] = byteCounts,
    _ prepare: (String) -> () -> Void
  ) {
    let costs = byteCounts.map { count in
      let read = prepare("a" + String(repeating: unit, count: count / unit.utf8.count))
      return Samples(read).median / Double(count) * 1e9
    }
    print("\(name): \(costs.map { "\(($0 * 100).rounded() / 100)" }.joined(separator: ", "))")
  }

  /// A body of escapes alone, as large as one may be.
  private func largestBody() {
    let read = Self.read("{\"a\":\"" + String(repeating: #"\u0041"#, count: 8 << 20) + "\"}")
    print("JSON of 48 MB, escapes alone: \((Samples(limit: 5, read).median * 1000).rounded()) ms")
  }

  private static func read(_ json: String) -> () -> Void {
    let bytes = Array(json.utf8)
    return { _ = try? JSONValue(bytes) }
  }

  private static func readForm(name: String, value: String) -> () -> Void {
    let body = Array(
      "--b\r\nContent-Disposition: form-data; name=\"\(name)\"\r\n\r\n\(value)\r\n--b--\r\n".utf8)
    var limits = MultipartLimits()
    limits.fieldBytes = body.count
    return {
      var parser = try? MultipartParser(
        contentType: "multipart/form-data; boundary=b", limits: limits)
      try? parser?.feed(body[...])
      _ = try? parser?.finish()
    }
  }
}
