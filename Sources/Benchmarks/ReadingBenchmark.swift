import HTTP
import JSONText
import Text

/// What reading a request costs, byte for byte: in letters, and in marks that Unicode has to reorder
/// before it can compare them.
///
/// `bench reading`: nanoseconds for each byte at a length and at ten times that length. The ratio of the
/// two is 1 where the cost is proportional to the length, and 10 where it is quadratic.
struct ReadingBenchmark {
  private struct Place: Sendable {
    let name: String
    let read: @Sendable ([UInt8]) -> Void
  }

  private static let lengths = (short: 6_000, long: 60_000)

  private static let places = [
    Place(name: "header value") { head("X-A: ", $0, "") },
    Place(name: "Connection") { head("Connection: close, ", $0, "") },
    Place(name: "header name") { head("X", $0, ": a") },
    Place(name: "Transfer-Encoding") { head("Transfer-Encoding: chunked", $0, "") },
    Place(name: "JSON name") { json("{\"", $0, "\":1}") },
    Place(name: "JSON value") { json("{\"a\":\"", $0, "\"}") },
    Place(name: "form field name") { form("name=\"", $0, "\"", "") },
    Place(name: "form file name") { form("name=a; filename=\"", $0, "\"", "") },
    Place(name: "form parameter name") { form("name=a; x", $0, "=b", "") },
    Place(name: "form field value") { form("name=a\r\n\r\n", $0, "", "value") },
  ]

  func run() {
    print(
      "ns a byte, median; ratio is that of \(Self.lengths.long) bytes over \(Self.lengths.short)")
    for place in Self.places {
      for (kind, text) in [("letters", "a"), ("marks", "\u{301}\u{323}")] {
        let short = cost(place, text, Self.lengths.short)
        let long = cost(place, text, Self.lengths.long)
        print(
          "\(place.name), \(kind): \(tenths(short)), \(tenths(long)); ratio \(tenths(long / short))"
        )
      }
    }
  }

  /// The first half of the text's characters, then the second, which is the order that costs most.
  private func cost(_ place: Place, _ text: String, _ byteCount: Int) -> Double {
    let halves = text.unicodeScalars.map { scalar in
      let one = Array(String(scalar).utf8)
      return Array([[UInt8]](repeating: one, count: byteCount / text.utf8.count).joined())
    }
    let bytes = Array(halves.joined())
    return Samples { place.read(bytes) }.median * 1e9 / Double(bytes.count)
  }

  private func tenths(_ value: Double) -> Double { (value * 10).rounded() / 10 }

  /// A refusal is an outcome like another: it must cost no more.
  private static func head(_ before: String, _ text: [UInt8], _ after: String) {
    var limits = Limits()
    limits.headBytes = 1 << 20
    var input =
      (Array("GET / HTTP/1.1\r\nHost: a\r\n\(before)".utf8) + text
      + Array("\(after)\r\n\r\n".utf8))[...]
    var parser = HeadParser(limits: limits)
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
