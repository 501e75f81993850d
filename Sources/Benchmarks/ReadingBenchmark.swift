import HTTP
import JSON
import Measurement
import Text

/// Measures the cost of parsing a request per byte: of letters, and of combining marks, which Unicode has to
/// reorder before it can compare them.
///
/// `bench reading`: nanoseconds for each byte at a length and at ten times that length. The ratio of the
/// two is 1 where the cost is proportional to the length, and 10 where it is quadratic.
struct ReadingBenchmark {
  private struct Place: Sendable {
    let name: String
    /// True if the format has escapes.
    var hasEscapes = false
    let read: @Sendable ([UInt8]) -> Void
  }

  /// The texts: repetitions of the first unit, then of the second, which is the order that costs most.
  private static let texts: [(name: String, units: [String], isEscaped: Bool)] = [
    ("letters", ["a"], false), ("marks", ["\u{301}", "\u{323}"], false),
    ("escapes", [#"\u0041"#], true), ("escaped marks", [#"\u0301"#, #"\u0323"#], true),
  ]

  private static let lengths = (short: 6_000, long: 60_000)

  private static let places = [
    Place(name: "header value") { head("X-A: ", $0, "") },
    Place(name: "Connection") { head("Connection: close, ", $0, "") },
    Place(name: "header name") { head("X", $0, ": a") },
    Place(name: "Transfer-Encoding") { head("Transfer-Encoding: chunked", $0, "") },
    Place(name: "JSON name", hasEscapes: true) { json("{\"", $0, "\":1}") },
    Place(name: "JSON value", hasEscapes: true) { json("{\"a\":\"", $0, "\"}") },
    Place(name: "form field name") { form("name=\"", $0, "\"", "") },
    Place(name: "form file name") { form("name=a; filename=\"", $0, "\"", "") },
    Place(name: "form parameter name") { form("name=a; x", $0, "=b", "") },
    Place(name: "form field value") { form("name=a\r\n\r\n", $0, "", "value") },
  ]

  func run() {
    print(
      "ns a byte, median; ratio is that of \(Self.lengths.long) bytes over \(Self.lengths.short)")
    for place in Self.places {
      for text in Self.texts where place.hasEscapes || !text.isEscaped {
        let short = cost(place, text.units, Self.lengths.short)
        let long = cost(place, text.units, Self.lengths.long)
        print(
          "\(place.name), \(text.name): \(tenths(short)), \(tenths(long)); "
            + "ratio \(tenths(long / short))")
      }
    }
    largestBody()
  }

  /// A body of the largest allowed size that has escapes alone.
  private func largestBody() {
    let body = Array(("{\"a\":\"" + String(repeating: #"\u0041"#, count: 8 << 20) + "\"}").utf8)
    let seconds = Samples(limit: 5) { _ = try? JSONValue(body) }.median
    print("JSON of 48 MB, escapes alone: \((seconds * 1000).rounded()) ms")
  }

  private func cost(_ place: Place, _ units: [String], _ byteCount: Int) -> Double {
    let bytes = units.flatMap { unit in
      Array(String(repeating: unit, count: byteCount / units.count / unit.utf8.count).utf8)
    }
    return Samples { place.read(bytes) }.median * 1e9 / Double(bytes.count)
  }

  private func tenths(_ value: Double) -> Double { (value * 10).rounded() / 10 }

  /// Parses a head; a refused one must cost no more than an accepted one.
  private static func head(_ before: String, _ text: [UInt8], _ after: String) {
    var configuration = ServerConfiguration()
    configuration.maxHeadBytes = 1 << 20
    var input =
      (Array("GET / HTTP/1.1\r\nHost: a\r\n\(before)".utf8) + text
      + Array("\(after)\r\n\r\n".utf8))[...]
    var parser = HeadParser(configuration: configuration)
    guard let head = try? parser.consume(&input) else { return }
    _ = (head.keepsAlive, head.expectsContinue, head.headers["x-none"])
  }

  private static func json(_ before: String, _ text: [UInt8], _ after: String) {
    _ = try? JSONValue(Array(before.utf8) + text + Array(after.utf8))
  }

  private static func form(_ before: String, _ text: [UInt8], _ after: String, _ place: String) {
    var limits = MultipartLimits()
    limits.partHeadBytes = 1 << 20
    limits.fieldBytes = 1 << 20
    let end = place.isEmpty ? "\(after)\r\n\r\n" : after
    let body =
      Array("--x\r\nContent-Disposition: form-data; \(before)".utf8) + text
      + Array("\(end)\r\n--x--".utf8)
    guard
      var parser = try? MultipartParser(
        contentType: "multipart/form-data; boundary=x", limits: limits)
    else { return }
    try? parser.feed(body[...])
    _ = Set(((try? parser.finish()) ?? []).map(\.name))
  }
}
