import HTTP
import TestSupport
import Testing
import Text

@Suite struct MultipartParserTests {
  private static let disposition = "Content-Disposition: form-data; "
  private let type: ByteString = "multipart/form-data; boundary=xYz"

  @Test func `a form reads the same however it is cut`() throws {
    let body =
      "--xYz\r\n\(Self.disposition)name=\"prompt\"\r\n\r\na cat\r\n"
      + "--xYz\r\nContent-Type: image/png\r\n\(Self.disposition)name=\"image[]\"; "
      + "filename=\"a%22b.png\"\r\n\r\n\r\n--xY\r\n--xYw\r\r\n-\r\n--xYz\r\n"
      + "\(Self.disposition)name=empty\r\n\r\n\r\n--xYz--\r\n"
    let expected = [
      MultipartPart(name: "prompt", body: Array("a cat".utf8)),
      MultipartPart(
        name: "image[]", filename: "a\"b.png", contentType: "image/png",
        body: Array("\r\n--xY\r\n--xYw\r\r\n-".utf8)),
      MultipartPart(name: "empty"),
    ]
    for pieces in SplitPoints.cuts(Array(body.utf8)) {
      #expect(try parse(pieces) == expected)
    }
  }

  @Test(arguments: [
    ("This is a form.\r\n--xY\r\n", ""), ("\r\n", ""), ("", "\r\nbye\r\n--xYz\r\n"),
    ("\r\r\n-\r\n", "\r\n\r\n"), ("x--xYz\r\n", "\r\n\0"),
  ])
  func `preamble and epilogue of a form are skipped`(_ preamble: String, _ epilogue: String) throws
  {
    let body = "\(preamble)--xYz\r\n\(Self.disposition)name=a\r\n\r\nb\r\n--xYz--\(epilogue)"
    for pieces in SplitPoints.cuts(Array(body.utf8)) {
      #expect(try parse(pieces) == [MultipartPart(name: "a", body: Array("b".utf8))])
    }
  }

  @Test(arguments: [
    ("no boundary in a line of its own", "x--xYz--\r\n --xYz--"), ("nothing", ""),
    ("no last boundary", "--xYz\r\n\(disposition)name=a\r\n\r\nx\r\n--xYz"),
    ("text after the last boundary", "--xYz--x\r\n"), ("half a line's end", "--xYz--\r"),
    ("a blank after the boundary", "--xYz \r\n\(disposition)name=a\r\n\r\nx\r\n--xYz--"),
    ("a bare LF after the boundary", "--xYz\n\(disposition)name=a\r\n\r\nx\r\n--xYz--"),
    ("a part without a disposition", "--xYz\r\nX: y\r\n\r\nx\r\n--xYz--"),
    (
      "two dispositions", "--xYz\r\n\(disposition)name=a\r\n\(disposition)name=b\r\n\r\n\r\n--xYz--"
    ),
    ("no name", "--xYz\r\nContent-Disposition: form-data\r\n\r\nx\r\n--xYz--"),
    ("two names", "--xYz\r\n\(disposition)name=a; name=b\r\n\r\nx\r\n--xYz--"),
    ("another disposition", "--xYz\r\nContent-Disposition: file; name=a\r\n\r\nx\r\n--xYz--"),
    ("an unended quote", "--xYz\r\n\(disposition)name=\"a\r\n\r\nx\r\n--xYz--"),
    ("text after a quote", "--xYz\r\n\(disposition)name=\"a\"b\r\n\r\nx\r\n--xYz--"),
    ("a fold", "--xYz\r\nContent-Disposition: form-data;\r\n name=a\r\n\r\nx\r\n--xYz--"),
    (
      "base64",
      "--xYz\r\n\(disposition)name=a\r\nContent-Transfer-Encoding: base64\r\n\r\nx\r\n--xYz--"
    ),
  ])
  func `a malformed form is refused`(_ name: String, body: String) {
    let error = #expect(throws: HTTPError.self) { try parse([Array(body.utf8)[...]]) }
    #expect(error?.code == .malformed, "\(name)")
  }

  @Test(arguments: [
    "multipart/form-data", "multipart/mixed; boundary=a", "multipart/form-data; boundary=\"\"",
    "multipart/form-data; boundary=a; boundary=b", "multipart/form-data; boundary=\"a\"b\"",
    "multipart/form-data; boundary=\"a \"", "multipart/form-data; boundary=\"\u{e9}\"",
    "multipart/form-data; boundary=" + String(repeating: "a", count: 71),
  ])
  func `a content type without a clear boundary is refused`(_ type: String) {
    #expect(throws: HTTPError.self) { try MultipartParser(contentType: ByteString(type)) }
  }

  @Test(arguments: [
    "multipart/form-data; boundary=xYz", "Multipart/Form-Data;BOUNDARY=\"xYz\" ; charset=utf-8",
  ])
  func `a content type is read in any case`(_ type: String) throws {
    var parser = try MultipartParser(contentType: ByteString(type))
    try parser.feed(Array("--xYz--".utf8)[...])
    #expect(try parser.finish().isEmpty)
  }

  @Test func `each limit of a form is exact`() throws {
    var limits = MultipartLimits()
    limits.partCount = 2
    limits.fieldBytes = 3
    limits.fileBytes = 5
    limits.carriesFile = { $0 == "image" }
    limits.fileFieldBytes = 7
    for (name, size) in [("name=a", 3), ("name=f; filename=g", 5), ("name=image", 7)] {
      #expect(try parse([part(name, size)], limits: limits).first?.body.count == size)
      let error = #expect(throws: HTTPError.self) {
        try parse([part(name, size + 1)], limits: limits)
      }
      guard case .partTooLarge(let part) = error?.code else {
        Issue.record("\(String(describing: error))")
        continue
      }
      #expect(name.hasPrefix("name=\(part)"))
    }
    let three = Array(
      String(repeating: "--xYz\r\n\(Self.disposition)name=a\r\n\r\n\r\n", count: 3).utf8)
    #expect(throws: HTTPError.self) { try parse([three[...]], limits: limits) }
    limits.partHeadBytes = 30
    #expect(throws: HTTPError.self) { try parse([part("name=a", 1)], limits: limits) }
  }

  @Test func `a large file arrives as it was sent`() throws {
    let file = (0..<4 << 20).map { UInt8(truncatingIfNeeded: $0 &* 2_654_435_761 >> 16) }
    #expect(try parse([form(of: file)]).first?.body == file)
  }

  @Test func `reading a file takes time in proportion to its size`() throws {
    // Nearly a delimiter, again and again: the input that costs the parser most.
    let unit = Array("\r\n--xY\r\r\n".utf8)
    let small = Array(repeatElement(unit, count: 4000).joined())
    let large = Array(repeatElement(unit, count: 32_000).joined())
    let (short, long) = (form(of: small), form(of: large))
    // Eight times the bytes; a parser that goes back to the start of the file would take 64 times as long.
    let excess = try ProcessorTime.excess(
      of: { _ = try parse([long]) }, over: 20, times: { _ = try parse([short]) })
    #expect(excess == nil)
  }

  private func form(of file: [UInt8]) -> ArraySlice<UInt8> {
    let head = Array("--xYz\r\n\(Self.disposition)name=image; filename=a\r\n\r\n".utf8)
    return (head + file + Array("\r\n--xYz--\r\n".utf8))[...]
  }

  private func part(_ parameters: String, _ byteCount: Int) -> ArraySlice<UInt8> {
    let body = String(repeating: "x", count: byteCount)
    return Array("--xYz\r\n\(Self.disposition)\(parameters)\r\n\r\n\(body)\r\n--xYz--".utf8)[...]
  }

  private func parse(
    _ pieces: [ArraySlice<UInt8>], limits: MultipartLimits = MultipartLimits()
  ) throws(HTTPError) -> [MultipartPart] {
    var parser = try MultipartParser(contentType: type, limits: limits)
    for piece in pieces { try parser.feed(piece) }
    return try parser.finish()
  }
}
